//! The words of the filter language, each in a few words.

/// What a word is.
pub(super) fn kind(word: &str) -> &'static str {
    match word {
        "AND" | "OR" => "joins",
        "=" | "!=" | "<" | "<=" | ">" | ">=" | "CONTAINS" | "BEGINSWITH" | "ENDSWITH" => "compares",
        "true" | "false" => "value",
        "{" | "}" | "(" | ")" | "," | "#" => "sign",
        _ => "keyword",
    }
}

/// A few words about a word.
pub(super) fn meaning(word: &str) -> &'static str {
    match word {
        "AND" => "both",
        "OR" => "one of them",
        "{" => "a condition on it",
        "ok" => "it went well",
        "error" => "the caller's mistake, 4xx",
        "throttle" => "asked too much, 429",
        "fault" => "the service failed, 5xx",
        "partial" => "something is still to come",
        "inferred" => "known from its callers only",
        "root" => "where the trace begins",
        "first" | "last" => "on the way to the cause",
        "remote" => "a call to elsewhere",
        "responsetime" => "seconds until the answer",
        "duration" => "seconds from first to last",
        "http.status" => "as 404",
        "index" => "its place on the way, from 0",
        "coverage" => "share of the time, 0 to 1",
        "http.url" => "what was asked for",
        "http.method" => "as \"GET\"",
        "http.useragent" | "http.clientip" | "user" => "who asked",
        "availabilityzone" | "instance.id" | "resource.arn" => "where it ran",
        "name" | "type" => "of the service or entity",
        "message" => "of the exception",
        "service(" => "a service that took part",
        "edge(" => "a call from one to another",
        "group.name" | "group.arn" => "belongs to a group",
        "rootcause.json" => "the way to the cause, as JSON",
        "CONTAINS" => "has it somewhere",
        "BEGINSWITH" => "begins with it",
        "ENDSWITH" => "ends with it",
        "id(" => "by name, type and account",
        _ if word.starts_with("rootcause.") => "what caused it",
        _ => "",
    }
}
