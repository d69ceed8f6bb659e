//! In whose account and which region a resource is: what the ARN of another one there begins with.

/// An AWS account in a region.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Account {
    partition: String,
    region: String,
    id: String,
}

/// What region names begin with outside the partition `aws`, the longest first (AWS General Reference, "Amazon Resource Names").
const PARTITIONS: [(&str, &str); 7] = [
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-iso-", "aws-iso"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("cn-", "aws-cn"),
];

impl Account {
    /// The account `id` in `region`; none when one of the two is no such thing.
    pub(super) fn new(region: &str, id: &str) -> Option<Self> {
        let partition = PARTITIONS
            .iter()
            .find(|(prefix, _)| region.starts_with(prefix))
            .map_or("aws", |(_, partition)| *partition);
        Self::in_partition(partition, region, id)
    }

    /// The account and the region of the resource that has this ARN.
    pub(super) fn of_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.split(':');
        if parts.next() != Some("arn") {
            return None;
        }
        let (partition, _service) = (parts.next()?, parts.next()?);
        let (region, id) = (parts.next()?, parts.next()?);
        Self::in_partition(partition, region, id)
    }

    fn in_partition(partition: &str, region: &str, id: &str) -> Option<Self> {
        let is_word = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
        };
        let is_account = id.len() == 12 && id.bytes().all(|digit| digit.is_ascii_digit());
        (is_word(partition) && is_word(region) && is_account).then(|| Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            id: id.to_owned(),
        })
    }

    /// The ARN of a group of CloudWatch Logs in this account; in its region unless another is given.
    pub(super) fn arn_of_log_group(&self, region: Option<&str>, group: &str) -> String {
        let region = region.unwrap_or(&self.region);
        format!(
            "arn:{}:logs:{region}:{}:log-group:{group}",
            self.partition, self.id
        )
    }

    /// The ARN of an EC2 instance in this account (Service Authorization Reference, "Amazon EC2").
    pub(super) fn arn_of_instance(&self, id: &str) -> String {
        let Self {
            partition,
            region,
            id: account,
        } = self;
        format!("arn:{partition}:ec2:{region}:{account}:instance/{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_groups_are_named_in_the_partition_of_their_region() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            let account = Account::new(region, "123456789012").expect("an account");
            assert_eq!(
                account.arn_of_log_group(None, "/shop/orders"),
                format!("arn:{partition}:logs:{region}:123456789012:log-group:/shop/orders")
            );
        }
    }

    #[test]
    fn the_arn_of_a_container_tells_partition_region_and_account() {
        let arn = "arn:aws-cn:ecs:cn-north-1:123456789012:container/shop/158d1c8083dd49d6/e1b5";
        assert_eq!(
            Account::of_arn(arn),
            Account::new("cn-north-1", "123456789012")
        );
        let account = Account::of_arn(arn).expect("an account");
        assert_eq!(
            account.arn_of_log_group(Some("cn-northwest-1"), "shop"),
            "arn:aws-cn:logs:cn-northwest-1:123456789012:log-group:shop"
        );
    }

    #[test]
    fn instances_are_named_in_the_partition_of_their_region() {
        let account = Account::new("cn-north-1", "123456789012").expect("an account");
        assert_eq!(
            account.arn_of_instance("i-0a1b"),
            "arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-0a1b"
        );
    }

    #[test]
    fn what_is_no_account_gives_none() {
        for (region, id) in [
            ("", "123456789012"),
            ("eu west", "123456789012"),
            ("eu-west-1", "12345678901"),
            ("eu-west-1", "12345678901x"),
        ] {
            assert_eq!(Account::new(region, id), None);
        }
        for arn in [
            "",
            "arn",
            "arn:aws",
            "arn:aws:s3:::bucket",
            "nra:aws:ecs:eu-west-1:123456789012:a",
            "arn::ecs:eu-west-1:123456789012:a",
        ] {
            assert_eq!(Account::of_arn(arn), None, "{arn}");
        }
    }
}
