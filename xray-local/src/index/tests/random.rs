//! Random traces and random filter expressions of a small world, so that they meet.

use std::fmt::Write;

use xray_sdk::document::{Document, Trace};

/// A source of chance that gives the same each time (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u64) as usize]
    }
}

const NAMES: &[&str] = &["front", "orders", "stock", "bank.example.com", "SQS"];
const ORIGINS: &[&str] = &[
    "AWS::ECS::Container",
    "AWS::Lambda::Function",
    "AWS::Lambda",
];
const TEXTS: &[&str] = &[
    "alice",
    "bob",
    "http://a/b",
    "http://a/b/c?d=e",
    "GET",
    "i-0b",
    "eu-west-1c",
    "ali",
    "\u{e4}\u{f6}",
    "",
];
const KEYS: &[&str] = &["age", "tenant", "a.b"];
const STATUSES: &[&str] = &["200", "404", "429", "500", "302"];
const MESSAGES: &[&str] = &["no money", "no", "timed out", ""];

/// The documents of one trace.
pub(crate) fn documents(chance: &mut Chance, number: u64) -> Vec<String> {
    let by_id = chance.below(40);
    let trace_id = format!("1-{by_id:08x}-{number:024x}");
    let count = 1 + chance.below(3);
    let mut ids = 0;
    let mut parents: Vec<String> = Vec::new();
    (0..count)
        .map(|_| {
            let mut head = format!(r#""trace_id":"{trace_id}""#);
            if chance.one_in(10) {
                // One that never comes.
                head.push_str(r#","parent_id":"ffffffffffffffff""#);
            } else if !parents.is_empty() && !chance.one_in(4) {
                let parent = &parents[chance.below(parents.len() as u64) as usize];
                let _ = write!(head, r#","parent_id":"{parent}""#);
            }
            if head.contains("parent_id") && chance.one_in(8) {
                head.push_str(r#","type":"subsegment""#);
            }
            document(chance, &head, 2, &mut ids, &mut parents)
        })
        .collect()
}

fn document(
    chance: &mut Chance,
    head: &str,
    depth: u64,
    ids: &mut u64,
    parents: &mut Vec<String>,
) -> String {
    *ids += 1;
    let id = format!("{ids:016x}");
    parents.push(id.clone());
    let start = chance.below(200) as f64 / 4.0;
    let mut json = format!(
        r#"{{{head}{}"name":"{}","id":"{id}","start_time":{start}"#,
        if head.is_empty() { "" } else { "," },
        chance.of(NAMES)
    );
    let mut add = |text: String| json.push_str(&text);
    match chance.below(12) {
        0 => add(r#","in_progress":true"#.into()),
        1 => add(format!(r#","end_time":{}"#, start + 5000.0)),
        2 => add(format!(r#","end_time":{}"#, (start - 1.0).max(0.0))),
        _ => add(format!(
            r#","end_time":{}"#,
            start + chance.below(16) as f64 / 4.0
        )),
    }
    for (flag, many) in [("fault", 5), ("error", 5), ("throttle", 9), ("traced", 9)] {
        if chance.one_in(many) {
            add(format!(r#","{flag}":true"#));
        }
    }
    if chance.one_in(3) {
        add(format!(r#","origin":"{}""#, chance.of(ORIGINS)));
    }
    if chance.one_in(3) {
        add(format!(r#","user":"{}""#, chance.of(TEXTS)));
    }
    if chance.one_in(4) {
        add(format!(r#","resource_arn":"{}""#, chance.of(TEXTS)));
    }
    if chance.one_in(3) {
        add(format!(
            r#","aws":{{"account_id":"{}","table_name":"orders","queue_url":"q","ec2":{{"instance_id":"{}","availability_zone":"{}"}}}}"#,
            chance.below(2),
            chance.of(TEXTS),
            chance.of(TEXTS)
        ));
    }
    if chance.one_in(2) {
        add(format!(
            r#","http":{{"request":{{"url":"{}","method":"{}","user_agent":"{}","client_ip":"{}"}},"response":{{"status":{}}}}}"#,
            chance.of(TEXTS),
            chance.of(TEXTS),
            chance.of(TEXTS),
            chance.of(TEXTS),
            chance.of(STATUSES)
        ));
    }
    if chance.one_in(3) {
        let value = match chance.below(4) {
            0 => format!("{}", chance.below(3)),
            1 => format!("{}.5", chance.below(3)),
            2 => "true".to_owned(),
            _ => format!("\"{}\"", chance.of(TEXTS)),
        };
        add(format!(
            r#","annotations":{{"{}":{value}}}"#,
            chance.of(KEYS)
        ));
    }
    if chance.one_in(4) {
        add(format!(
            r#","cause":{{"exceptions":[{{"id":"{ids:016x}","type":"{}","message":"{}"}}]}}"#,
            chance.of(NAMES),
            chance.of(MESSAGES)
        ));
    }
    if head.is_empty() && !chance.one_in(4) {
        add(format!(
            r#","namespace":"{}""#,
            chance.of(&["aws", "remote", "local"])
        ));
    }
    if depth > 0 {
        let below: Vec<_> = (0..chance.below(3))
            .map(|_| document(chance, "", depth - 1, ids, parents))
            .collect();
        json.push_str(&format!(r#","subsegments":[{}]"#, below.join(",")));
    }
    json + "}"
}

pub(crate) fn trace(documents: &[String]) -> Trace {
    let documents = documents.iter().map(|text| {
        Document::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
    });
    Trace::assemble(documents).remove(0)
}

/// What an expression may speak of.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Trace,
    Service,
    RootCause,
}

/// A filter expression.
pub(crate) fn expression(chance: &mut Chance) -> String {
    condition(chance, Of::Trace, 3)
}

fn condition(chance: &mut Chance, of: Of, depth: u64) -> String {
    let inner = |chance: &mut Chance| condition(chance, of, depth - 1);
    match chance.below(if depth == 0 { 4 } else { 8 }) {
        4 => format!("({} AND {})", inner(chance), inner(chance)),
        5 => format!("({} OR {})", inner(chance), inner(chance)),
        6 => format!("{} {}", inner(chance), inner(chance)),
        7 => format!("!{}", inner(chance)),
        _ => term(chance, of, depth),
    }
}

fn term(chance: &mut Chance, of: Of, depth: u64) -> String {
    let part = depth.saturating_sub(1).min(1);
    match chance.below(10) {
        0 | 1 if of == Of::Trace => {
            let node = match chance.below(3) {
                0 => String::new(),
                _ => node(chance),
            };
            format!("service({node}){}", braced(chance, Of::Service, part))
        }
        2 if of == Of::Trace => {
            let (caller, called) = (node(chance), node(chance));
            format!(
                "edge({caller}, {called}){}",
                braced(chance, Of::Service, part)
            )
        }
        3 | 4 if of == Of::Trace => format!(
            "rootcause.{}.{} {{ {} }}",
            chance.of(&["fault", "error", "responsetime"]),
            chance.of(&["service", "entity", "exception"]),
            condition(chance, Of::RootCause, part)
        ),
        5 if of == Of::Trace && chance.one_in(2) => form(chance),
        6 if of == Of::Trace && chance.one_in(4) => format!(
            "group.name {} \"{}\"",
            chance.of(&["=", "!="]),
            chance.of(&["Default", "a"])
        ),
        _ => field(chance, of),
    }
}

fn braced(chance: &mut Chance, of: Of, depth: u64) -> String {
    match chance.one_in(3) {
        true => String::new(),
        false => format!(" {{ {} }}", condition(chance, of, depth)),
    }
}

fn node(chance: &mut Chance) -> String {
    match chance.below(5) {
        0 => format!(
            "id(type: \"{}\")",
            chance.of(&["client", "remote", "AWS::Lambda", "AWS::ECS::Container"])
        ),
        1 => format!(
            "id(name: \"{}\", account.id: \"{}\")",
            chance.of(NAMES),
            chance.below(2)
        ),
        _ => format!("\"{}\"", chance.of(NAMES)),
    }
}

fn form(chance: &mut Chance) -> String {
    let more = match chance.below(4) {
        0 => r#","Coverage":1"#.to_owned(),
        1 => format!(r#","Exceptions":[{{"Message":"{}"}}]"#, chance.of(MESSAGES)),
        2 => r#","Remote":true"#.to_owned(),
        _ => String::new(),
    };
    format!(
        r#"rootcause.json {} #[{{"Services":[{{"Name":"{}","EntityPath":[{{"Name":"{}"{more}}}]}}]}}]"#,
        chance.of(&["=", "!="]),
        chance.of(NAMES),
        chance.of(NAMES)
    )
}

fn field(chance: &mut Chance, of: Of) -> String {
    let quoted = |chance: &mut Chance| format!("\"{}\"", chance.of(TEXTS));
    if of == Of::RootCause {
        return match chance.below(4) {
            0 => chance
                .of(&["first", "last", "remote", "inferred"])
                .to_owned(),
            1 => format!("index {} {}", chance.of(NUMBERS), chance.below(3)),
            2 => format!(
                "coverage {} {}",
                chance.of(NUMBERS),
                chance.of(&["0", "0.5", "1", "2"])
            ),
            _ => format!(
                "{} {} \"{}\"",
                chance.of(&["name", "type", "message"]),
                chance.of(WORDS),
                chance.of(&[
                    "front",
                    "orders",
                    "no",
                    "remote",
                    "no money",
                    "AWS::ECS::Container",
                    ""
                ])
            ),
        };
    }
    match chance.below(5) {
        0 => {
            let flag = chance.of(&[
                "ok", "error", "throttle", "fault", "partial", "inferred", "root",
            ]);
            match chance.below(3) {
                0 => format!(
                    "{flag} {} {}",
                    chance.of(&["=", "!="]),
                    chance.of(&["true", "false"])
                ),
                _ => flag.to_owned(),
            }
        }
        1 => format!(
            "{} {} {}",
            chance.of(&["responsetime", "duration"]),
            chance.of(NUMBERS),
            chance.of(&["0", "1", "0.25", "3.75", "5000", "-1"])
        ),
        2 => format!("http.status {} {}", chance.of(NUMBERS), chance.of(STATUSES)),
        3 => {
            let name = chance.of(&[
                "http.url",
                "http.method",
                "http.useragent",
                "http.clientip",
                "user",
                "availabilityzone",
                "instance.id",
                "resource.arn",
            ]);
            match chance.one_in(4) {
                true => name.to_owned(),
                false => format!("{name} {} {}", chance.of(WORDS), quoted(chance)),
            }
        }
        _ => {
            let key = chance.of(&["annotation.age", "annotation.tenant", "annotation[a.b]"]);
            match chance.below(4) {
                0 => key.to_owned(),
                1 => format!(
                    "{key} {} {}",
                    chance.of(NUMBERS),
                    chance.of(&["0", "1", "1.5"])
                ),
                2 => format!("{key} {} true", chance.of(&["=", "!="])),
                _ => format!("{key} {} {}", chance.of(WORDS), quoted(chance)),
            }
        }
    }
}

const NUMBERS: &[&str] = &["=", "!=", "<", "<=", ">", ">="];
const WORDS: &[&str] = &["=", "!=", "CONTAINS", "BEGINSWITH", "ENDSWITH"];
