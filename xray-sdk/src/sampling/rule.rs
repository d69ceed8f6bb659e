use crate::sampling::{Pattern, SamplingRequest};

/// Which requests a rule is for: those of which all that is known matches.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Conditions {
    pub(super) service: Pattern,
    pub(super) origin: Pattern,
    pub(super) host: Pattern,
    pub(super) method: Pattern,
    pub(super) path: Pattern,
    pub(super) resource_arn: Pattern,
    /// Each has to be there and to match.
    pub(super) attributes: Vec<(String, Pattern)>,
}

impl Conditions {
    pub(super) fn matches(&self, request: &SamplingRequest<'_>) -> bool {
        let service = Some(request.service).filter(|name| !name.is_empty());
        // What tells requests apart most often is asked first.
        self.path.matches_if_known(request.path)
            && self.method.matches_if_known(request.method)
            && self.host.matches_if_known(request.host)
            && self.service.matches_if_known(service)
            && self.origin.matches_if_known(request.origin)
            && self.resource_arn.matches_if_known(request.resource_arn)
            && self
                .attributes
                .iter()
                .all(|(name, pattern)| has(request.attributes, name, pattern))
    }
}

fn has(attributes: &[(&str, &str)], name: &str, pattern: &Pattern) -> bool {
    attributes
        .iter()
        .any(|(other, value)| *other == name && pattern.matches(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: SamplingRequest<'_> = SamplingRequest {
        service: "checkout",
        host: Some("shop.example.com"),
        method: Some("POST"),
        path: Some("/orders/7"),
        origin: Some("AWS::ECS::Container"),
        resource_arn: Some("arn:aws:ecs:eu-west-1:123456789012:service/checkout"),
        attributes: &[("tenant", "acme"), ("tier", "gold")],
    };

    /// Conditions of which one field is `pattern`.
    fn with(field: usize, pattern: &str) -> Conditions {
        let mut conditions = Conditions::default();
        let fields = [
            &mut conditions.service,
            &mut conditions.origin,
            &mut conditions.host,
            &mut conditions.method,
            &mut conditions.path,
            &mut conditions.resource_arn,
        ];
        if let Some(field) = fields.into_iter().nth(field) {
            *field = pattern.into();
        }
        conditions
    }

    #[test]
    fn every_field_must_match() {
        for (field, pattern) in [
            "Check*",
            "AWS::ECS::*",
            "*.example.com",
            "post",
            "/orders/?",
            "arn:aws:ecs:*:service/checkout",
        ]
        .into_iter()
        .enumerate()
        {
            assert!(with(field, pattern).matches(&REQUEST), "{pattern}");
            assert!(!with(field, "other").matches(&REQUEST), "{pattern}");
        }
    }

    #[test]
    fn a_value_that_the_request_does_not_have_matches_any_field() {
        for field in 0..6 {
            assert!(with(field, "other").matches(&SamplingRequest::default()));
        }
    }

    #[test]
    fn a_value_that_the_request_does_not_have_decides_for_its_own_field_only() {
        let without_host = SamplingRequest {
            host: None,
            ..REQUEST
        };
        let mut conditions = with(2, "other");
        assert!(conditions.matches(&without_host));
        conditions.path = "/health".into();
        assert!(!conditions.matches(&without_host));
    }

    #[test]
    fn every_attribute_must_be_there_and_match() {
        let conditions = |attributes: &[(&str, &str)]| Conditions {
            attributes: attributes
                .iter()
                .map(|(name, pattern)| ((*name).to_owned(), Pattern::from(*pattern)))
                .collect(),
            ..Conditions::default()
        };
        for (attributes, expected) in [
            (&[("tier", "gold")][..], true),
            (&[("tier", "g*"), ("tenant", "ACME")], true),
            (&[("tier", "silver")], false),
            (&[("tier", "gold"), ("tenant", "other")], false),
            (&[("region", "*")], false),
        ] {
            assert_eq!(
                conditions(attributes).matches(&REQUEST),
                expected,
                "{attributes:?}"
            );
        }
    }
}
