use xray_sdk::document::Document;

/// How a piece of work ended, in the four colours of X-Ray's map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Well.
    Ok,
    /// The caller was at fault.
    Error,
    /// The caller asked too much.
    Throttle,
    /// The program was at fault.
    Fault,
}

impl Outcome {
    /// The outcome by the flags of a document. Programs set them, X-Ray does not derive them; where a program has set none,
    /// the HTTP status speaks; one that is there as false is set, too. Of several flags the gravest counts, a fault before an error.
    pub fn of(document: &Document) -> Self {
        if document.fault {
            Self::Fault
        } else if document.throttle {
            Self::Throttle
        } else if document.error {
            match document.status() {
                Some(429) => Self::Throttle,
                _ => Self::Error,
            }
        } else if document.denies_failure {
            Self::Ok
        } else {
            document.status().map_or(Self::Ok, Self::of_status)
        }
    }

    /// Whether the caller was at fault, also where the program failed as well.
    pub(crate) fn is_error(document: &Document) -> bool {
        document.error || matches!(Self::of(document), Self::Error | Self::Throttle)
    }

    fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Throttle,
            400..=499 => Self::Error,
            500..=599 => Self::Fault,
            _ => Self::Ok,
        }
    }

    /// A word for it, as the filter language has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Throttle => "throttle",
            Self::Fault => "fault",
        }
    }
}

#[cfg(test)]
mod tests {
    use xray_sdk::SegmentId;
    use xray_sdk::document::{Http, HttpResponse};

    use super::*;

    fn document(flags: [bool; 3], status: Option<u16>) -> Document {
        let [fault, error, throttle] = flags;
        Document {
            fault,
            error,
            throttle,
            http: status.map(|status| Http {
                request: None,
                response: Some(HttpResponse {
                    status: Some(status),
                    content_length: None,
                }),
            }),
            ..Document::new("a", SegmentId::from_u64(1), 0.0)
        }
    }

    #[test]
    fn flags_decide_before_the_status() {
        let set = |flags, status| Outcome::of(&document(flags, status));
        assert_eq!(set([true, true, true], Some(200)), Outcome::Fault);
        assert_eq!(set([false, true, false], Some(200)), Outcome::Error);
        assert_eq!(set([false, true, true], None), Outcome::Throttle);
        assert_eq!(set([false, true, false], Some(429)), Outcome::Throttle);
    }

    #[test]
    fn flags_that_are_false_decide_before_the_status_too() {
        for flags in [r#""fault":false"#, r#""error":false,"throttle":false"#] {
            let json = format!(
                r#"{{"name":"a","id":"53995c3f42cd8ad8","start_time":1,"end_time":2,{flags},"http":{{"response":{{"status":500}}}}}}"#
            );
            let read = Document::parse(json.as_bytes()).expect("a document");
            assert_eq!(Outcome::of(&read), Outcome::Ok, "{flags}");
            assert!(!Outcome::is_error(&read));
            // Nothing is said by what is null, or no flag.
            let unsaid = json.replace("false", "null");
            let read = Document::parse(unsaid.as_bytes()).expect("a document");
            assert_eq!(Outcome::of(&read), Outcome::Fault, "{flags}");
            let failed = json.replacen("false", "true", 1);
            let read = Document::parse(failed.as_bytes()).expect("a document");
            assert_ne!(Outcome::of(&read), Outcome::Ok, "{flags}");
        }
    }

    #[test]
    fn the_status_decides_where_no_flag_is_set() {
        for (status, outcome) in [
            (None, Outcome::Ok),
            (Some(200), Outcome::Ok),
            (Some(302), Outcome::Ok),
            (Some(404), Outcome::Error),
            (Some(429), Outcome::Throttle),
            (Some(503), Outcome::Fault),
        ] {
            assert_eq!(Outcome::of(&document([false; 3], status)), outcome);
        }
    }
}
