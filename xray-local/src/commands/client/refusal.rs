use serde::Deserialize;

/// What AWS's services, and those that answer as they do, say when they refuse.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The name of the error; empty where none is told.
    pub(crate) name: String,
    pub(crate) message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "__type")]
    kind: String,
    message: Option<String>,
    #[serde(rename = "Message")]
    modelled: Option<String>,
}

impl Refusal {
    /// Reads it from an answer: the header `x-amzn-errortype`, and the body.
    pub(crate) fn read(header: Option<&str>, body: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        let name = header.unwrap_or(&body.kind);
        // `com.amazonaws.xray#AccessDeniedException:http://…` is one of the forms.
        let name = name.rsplit('#').next().unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default();
        Self {
            name: name.to_owned(),
            message: body.message.or(body.modelled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_error_is_read() {
        let read = |header, body: &str| {
            let Refusal { name, message } = Refusal::read(header, body.as_bytes());
            (name, message.unwrap_or_default())
        };
        let told = |name: &str, message: &str| (name.to_owned(), message.to_owned());
        assert_eq!(
            read(
                None,
                r#"{"__type":"com.amazonaws.xray#AException:http://x","message":"m"}"#
            ),
            told("AException", "m")
        );
        assert_eq!(
            read(
                Some("BException:http://x"),
                r#"{"__type":"A","Message":"M"}"#
            ),
            told("BException", "M")
        );
        assert_eq!(read(None, "<html>"), told("", ""));
    }
}
