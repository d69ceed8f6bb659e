//! What services quote of a request in the messages of their errors.

use std::borrow::Cow;

/// Where a message quotes, and what ends the quotation: nothing where it goes on to the message's end.
const QUOTATIONS: &[(&str, Option<&str>)] = &[
    // All that was signed, headers and so the session's token among it: of a signature that is refused, by services that speak JSON.
    ("The Canonical String", None),
    // A member that breaks a rule of the service's model. Where the model calls it sensitive, the service itself leaves the value out.
    ("Value '", Some("' at '")),
    ("Value \"", Some("\" at \"")),
    // Attributes of items of DynamoDB.
    ("cannot be converted to a numeric value: ", None),
    ("Input collection [", Some("] contains")),
    // Of its expressions: a value that is written into one is not well formed there.
    ("Syntax error; token: ", None),
    // The payload of a function of Lambda that is no JSON.
    ("Unrecognized token '", Some("': ")),
    // Whoever has it can delete the message.
    ("receipt handle \"", Some("\" is not")),
    ("PhoneNumber Reason: ", Some(" is not valid")),
    // A header that is not complete.
    ("Authorization header: '", None),
    ("Authorization=", None),
];

/// `message` without the values of the request that it quotes.
pub(crate) fn without_values(message: &str) -> Cow<'_, str> {
    let mut kept = Cow::Borrowed(message);
    for (begins, ends) in QUOTATIONS {
        if let Some(without) = without(&kept, begins, *ends) {
            kept = Cow::Owned(without);
        }
    }
    kept
}

/// `None` where nothing is quoted in this way.
fn without(message: &str, begins: &str, ends: Option<&str>) -> Option<String> {
    let mut rest = message;
    let mut kept = String::new();
    while let Some((before, quoted)) = rest.split_once(begins) {
        kept.push_str(before);
        kept.push_str(begins);
        kept.push('?');
        // A quotation that does not end is one that was cut.
        let end = ends.and_then(|ends| quoted.find(ends));
        rest = end.map_or("", |end| &quoted[end..]);
    }
    (!kept.is_empty()).then(|| kept + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_are_left_out() {
        for (message, kept) in [
            ("not yours", "not yours"),
            (
                "does not match. Check your key.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:SECRET'",
                "does not match. Check your key.\n\nThe Canonical String?",
            ),
            (
                "2 validation errors detected: Value 'SECRET' at 'name' failed to satisfy constraint: x; Value 'SECRE'T' at 'key' failed",
                "2 validation errors detected: Value '?' at 'name' failed to satisfy constraint: x; Value '?' at 'key' failed",
            ),
            ("Value at 'password' failed", "Value at 'password' failed"),
            ("Value 'SECRET", "Value '?"),
            (
                "The parameter cannot be converted to a numeric value: SECRET",
                "The parameter cannot be converted to a numeric value: ?",
            ),
            (
                "were invalid: Input collection [SECRET, SECRET] contains duplicates.",
                "were invalid: Input collection [?] contains duplicates.",
            ),
            (
                "Invalid UpdateExpression: Syntax error; token: \"SECRET\", near: \"= SECRET\"",
                "Invalid UpdateExpression: Syntax error; token: ?",
            ),
            (
                "Could not parse request body into json: Unrecognized token 'SECRET': was expecting null",
                "Could not parse request body into json: Unrecognized token '?': was expecting null",
            ),
            (
                "The input receipt handle \"SECRET\" is not a valid receipt handle.",
                "The input receipt handle \"?\" is not a valid receipt handle.",
            ),
            (
                "Invalid parameter: PhoneNumber Reason: +SECRET is not valid to publish to",
                "Invalid parameter: PhoneNumber Reason: ? is not valid to publish to",
            ),
            (
                "'x' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4 SECRET'.",
                "'x' not a valid key=value pair (missing equal-sign) in Authorization header: '?",
            ),
            (
                "Authorization header requires 'Signature' parameter. Authorization=AWS4 SECRET",
                "Authorization header requires 'Signature' parameter. Authorization=?",
            ),
        ] {
            assert_eq!(without_values(message), kept, "{message}");
        }
    }
}
