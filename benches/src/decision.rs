//! What one sampling decision costs, by how many rules there are and which of them is for the request.

use std::hint::black_box;

use xray_sdk::sampling::{LocalRule, LocalRules, Sampler, SamplingRequest};

use crate::contender::{Contender, Entry, Ready};
use crate::ours::NAME;
use crate::work::{CHECKOUT, Request};

/// Local rules. What recording costs without a decision is in other questions.
pub(crate) const LOCAL: &[Entry] = &[
    Entry::new(NAME, "decision-local-1", "one rule, for the path", |_| {
        local(1, 0)
    }),
    Entry::new(
        NAME,
        "decision-local-10-first",
        "ten rules, the first matches",
        |_| local(10, 0),
    ),
    Entry::new(
        NAME,
        "decision-local-10-last",
        "ten rules, the last matches",
        |_| local(10, 9),
    ),
    Entry::new(
        NAME,
        "decision-local-100-first",
        "a hundred rules, the first matches",
        |_| local(100, 0),
    ),
    Entry::new(
        NAME,
        "decision-local-100-last",
        "a hundred rules, the last matches",
        |_| local(100, 99),
    ),
];

/// X-Ray's rules, from a daemon of this bench's.
#[cfg(feature = "peers")]
pub(crate) const CENTRAL: &[Entry] = &[
    Entry::new(NAME, "decision-central-1", "one rule, for the path", |_| {
        central::ready(1, 0)
    }),
    Entry::new(
        NAME,
        "decision-central-10-last",
        "ten rules, the last matches",
        |_| central::ready(10, 9),
    ),
    Entry::new(
        NAME,
        "decision-central-100-first",
        "a hundred rules, the first matches",
        |_| central::ready(100, 0),
    ),
    Entry::new(
        NAME,
        "decision-central-100-last",
        "a hundred rules, the last matches",
        |_| central::ready(100, 99),
    ),
];

const PATH: &str = "/v1/orders/123456";

/// The path that rule `number` is for; the rule that is to match is for that of the request.
fn pattern(number: usize, matching: usize) -> String {
    if number == matching {
        "/v1/orders/*".to_owned()
    } else {
        format!("/v1/articles-{number}/*")
    }
}

fn local(rules: usize, matching: usize) -> Ready {
    let rule = |number| LocalRule::new(0, 0.05).path(pattern(number, matching).as_str());
    let all = (0..rules)
        .map(rule)
        .fold(LocalRules::new(0, 0.0), LocalRules::rule);
    Ok(Box::new(Decisions {
        sampler: all,
        decided: 0,
    }))
}

struct Decisions<S> {
    sampler: S,
    decided: u64,
}

impl<S: Sampler> Contender for Decisions<S> {
    fn burst(&mut self, _request: &Request<'_>, operations: usize) {
        let request = SamplingRequest {
            service: CHECKOUT,
            host: Some("api.example.com"),
            method: Some("POST"),
            path: Some(PATH),
            ..SamplingRequest::default()
        };
        for _ in 0..operations {
            black_box(self.sampler.decide(black_box(&request)));
        }
        self.decided += operations as u64;
    }

    fn verify(&self, operations: u64) -> Result<(), String> {
        (self.decided == operations)
            .then_some(())
            .ok_or_else(|| format!("{} of {operations} decisions", self.decided))
    }
}

#[cfg(feature = "peers")]
mod central {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    use serde_json::{Value, json};
    use xray_sdk::emitter::DaemonAddress;
    use xray_sdk::sampling::CentralSampler;

    use super::{CHECKOUT, Decisions, PATH, Ready, Sampler, SamplingRequest, pattern};

    /// A sampler that has heard of its rules. It asks within its first five seconds.
    pub(super) fn ready(rules: usize, matching: usize) -> Ready {
        let address = daemon(rules, matching).map_err(|error| error.to_string())?;
        let daemon = DaemonAddress::parse(&address).map_err(|error| error.to_string())?;
        let sampler = CentralSampler::new(CHECKOUT, &daemon);
        let expected = format!("rule-{matching:03}");
        let request = SamplingRequest {
            service: CHECKOUT,
            path: Some(PATH),
            ..SamplingRequest::default()
        };
        for _ in 0..1_000 {
            let decision = sampler.decide(&request);
            if decision.rule() == Some(expected.as_str()) {
                return Ok(Box::new(Decisions {
                    sampler,
                    decided: 0,
                }));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(format!("{address} was not asked for rules in ten seconds"))
    }

    fn daemon(rules: usize, matching: usize) -> std::io::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let all: Vec<Value> = (0..rules).map(|number| rule(number, matching)).collect();
        let answer = json!({"SamplingRuleRecords": all}).to_string();
        thread::Builder::new()
            .name("daemon".to_owned())
            .spawn(move || {
                for connection in listener.incoming().flatten() {
                    // A call that fails is made again.
                    let _ = respond(connection, &answer);
                }
            })?;
        Ok(address)
    }

    fn rule(number: usize, matching: usize) -> Value {
        json!({"SamplingRule": {
            "RuleName": format!("rule-{number:03}"), "Priority": number + 1, "FixedRate": 0.05, "ReservoirSize": 0,
            "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "ResourceARN": "*", "Version": 1,
            "URLPath": pattern(number, matching), "Attributes": {},
        }})
    }

    /// Reads one request, and answers it with rules, whatever it asks for.
    fn respond(connection: TcpStream, answer: &str) -> std::io::Result<()> {
        let mut reader = BufReader::new(connection);
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        reader.by_ref().take(length).read_to_end(&mut Vec::new())?;
        write!(
            reader.get_mut(),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::tests::assert_each_accounts_for_all;

    #[test]
    fn each_decides_as_often_as_it_says() {
        assert_each_accounts_for_all(LOCAL);
    }

    #[cfg(feature = "peers")]
    #[test]
    fn rules_come_from_the_daemon() {
        assert_each_accounts_for_all(&CENTRAL[2..3]);
    }
}
