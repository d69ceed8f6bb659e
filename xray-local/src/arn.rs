//! The names of X-Ray's resources: there is one account, and one region.

/// What stands before the kind of a resource in every ARN that is given out.
pub(crate) const PREFIX: &str = "arn:aws:xray:us-east-1:000000000000:";

/// The account that everything belongs to.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The kind and the name of a resource of X-Ray, by an ARN of any account and region.
pub(crate) fn resource(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let (arn, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (_region, _account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let (kind, name) = resource.split_once('/')?;
    (arn == "arn" && service == "xray" && !name.is_empty()).then_some((kind, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_told_by_kind_and_name_whatever_its_account() {
        assert_eq!(
            resource("arn:aws-cn:xray:cn-north-1:123456789012:group/slow/ABC"),
            Some(("group", "slow/ABC"))
        );
        assert_eq!(
            resource(&format!("{PREFIX}sampling-rule/a:b/c")),
            Some(("sampling-rule", "a:b/c"))
        );
        for other in [
            "",
            "slow",
            "arn:aws:sqs:us-east-1:000000000000:group/slow",
            "arn:aws:xray:us-east-1:000000000000:group/",
            "arn:aws:xray:us-east-1:000000000000:group",
            "arn:aws:xray:group/slow",
        ] {
            assert_eq!(resource(other), None, "{other}");
        }
    }
}
