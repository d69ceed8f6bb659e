use serde_json::Value;

use super::container;
use super::fact::fit;
use super::finding::Findings;
use super::surroundings::Surroundings;
use crate::document::Eks;

/// Names the cluster, which a pod can learn in no other way without TLS.
const CLUSTER_NAME: &str = "AWS_XRAY_EKS_CLUSTER_NAME";
/// Put into every pod by Kubernetes, unless its account's token is not wanted there.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/// Set in every pod by Kubernetes.
const KUBERNETES: &str = "KUBERNETES_SERVICE_HOST";

/// Finds the pod that the program runs in. Any Kubernetes has pods: it is one of EKS when EKS has issued its token, or somebody has
/// named the cluster.
pub(super) fn find(
    surroundings: &Surroundings,
    named_in_code: Option<&str>,
    findings: &mut Findings,
) {
    let token = surroundings.content_of(TOKEN);
    if token.is_none() && surroundings.value_of(KUBERNETES).is_none() {
        return;
    }
    let cluster_name = surroundings
        .value_of(CLUSTER_NAME)
        .as_deref()
        .or(named_in_code)
        .and_then(fit);
    if cluster_name.is_none() {
        if !token.as_deref().is_some_and(is_issued_by_eks) {
            return;
        }
        findings.problem(format!(
            "the name of the EKS cluster is not known, so segments do not tell it: set {CLUSTER_NAME}"
        ));
    }
    findings.aws.eks = Some(Eks {
        cluster_name,
        pod: surroundings.host_name(),
        container_id: container::id(surroundings),
    });
}

/// Whether the token names EKS as its issuer: `https://oidc.eks.eu-west-1.amazonaws.com/id/…`. Nothing else of it is looked at, and
/// its signature does not matter: who could forge it could name the cluster as well.
fn is_issued_by_eks(token: &str) -> bool {
    let claims = token.split('.').nth(1).and_then(decode);
    let claims: Option<Value> = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
    let issuer = claims
        .as_ref()
        .and_then(|claims| claims.get("iss")?.as_str());
    let host = issuer.and_then(|issuer| issuer.strip_prefix("https://"));
    host.is_some_and(|host| host.starts_with("oidc.eks.") || host.starts_with("oidc-eks."))
}

/// Decodes base64url without padding, the text of tokens (RFC 7515).
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut gathered, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        gathered = gathered << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((gathered >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn base64url_is_decoded() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("Zg", b"f"),
            ("Zm8", b"fo"),
            ("Zm9vYmFy", b"foobar"),
            ("_-__", &[0xff, 0xef, 0xff]),
        ] {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(decode("Zg=="), None);
        assert_eq!(decode("Zm9+"), None);
    }

    proptest! {
        #[test]
        fn no_token_makes_it_panic(token in "[A-Za-z0-9_.-]{0,80}", any: String) {
            let _ = is_issued_by_eks(&token);
            let _ = is_issued_by_eks(&any);
        }
    }
}
