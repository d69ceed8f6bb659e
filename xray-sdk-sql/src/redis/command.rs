//! A command as it is recorded: its name and its keys.

/// Every argument is a key.
const ALL: &[&str] = &[
    "COPY",
    "DEL",
    "EXISTS",
    "MGET",
    "PFCOUNT",
    "PFMERGE",
    "RENAME",
    "RENAMENX",
    "RPOPLPUSH",
    "SDIFF",
    "SDIFFSTORE",
    "SINTER",
    "SINTERSTORE",
    "SUNION",
    "SUNIONSTORE",
    "TOUCH",
    "UNLINK",
    "WATCH",
];

/// Every other argument is a key.
const EVERY_OTHER: &[&str] = &["MSET", "MSETNX"];

/// All arguments but the last are keys.
const ALL_BUT_LAST: &[&str] = &["BLPOP", "BRPOP", "BZPOPMAX", "BZPOPMIN", "BRPOPLPUSH"];

/// The first two arguments are keys.
const FIRST_TWO: &[&str] = &["BLMOVE", "GEOSEARCHSTORE", "LMOVE", "SMOVE", "ZRANGESTORE"];

/// The first argument is a key, and so it is with a channel.
const FIRST: &[&str] = &[
    "APPEND",
    "BITCOUNT",
    "BITFIELD",
    "BITPOS",
    "DECR",
    "DECRBY",
    "DUMP",
    "EXPIRE",
    "EXPIREAT",
    "EXPIRETIME",
    "GEOADD",
    "GEODIST",
    "GEOHASH",
    "GEOPOS",
    "GEOSEARCH",
    "GET",
    "GETBIT",
    "GETDEL",
    "GETEX",
    "GETRANGE",
    "GETSET",
    "HDEL",
    "HEXISTS",
    "HEXPIRE",
    "HGET",
    "HGETALL",
    "HINCRBY",
    "HINCRBYFLOAT",
    "HKEYS",
    "HLEN",
    "HMGET",
    "HMSET",
    "HRANDFIELD",
    "HSCAN",
    "HSET",
    "HSETNX",
    "HSTRLEN",
    "HTTL",
    "HVALS",
    "INCR",
    "INCRBY",
    "INCRBYFLOAT",
    "LINDEX",
    "LINSERT",
    "LLEN",
    "LPOP",
    "LPOS",
    "LPUSH",
    "LPUSHX",
    "LRANGE",
    "LREM",
    "LSET",
    "LTRIM",
    "MOVE",
    "PERSIST",
    "PEXPIRE",
    "PEXPIREAT",
    "PEXPIRETIME",
    "PFADD",
    "PSETEX",
    "PTTL",
    "PUBLISH",
    "RESTORE",
    "RPOP",
    "RPUSH",
    "RPUSHX",
    "SADD",
    "SCARD",
    "SET",
    "SETBIT",
    "SETEX",
    "SETNX",
    "SETRANGE",
    "SISMEMBER",
    "SMEMBERS",
    "SMISMEMBER",
    "SORT",
    "SORT_RO",
    "SPOP",
    "SPUBLISH",
    "SRANDMEMBER",
    "SREM",
    "SSCAN",
    "STRLEN",
    "SUBSTR",
    "TTL",
    "TYPE",
    "XACK",
    "XADD",
    "XAUTOCLAIM",
    "XCLAIM",
    "XDEL",
    "XLEN",
    "XPENDING",
    "XRANGE",
    "XREVRANGE",
    "XTRIM",
    "ZADD",
    "ZCARD",
    "ZCOUNT",
    "ZINCRBY",
    "ZLEXCOUNT",
    "ZMSCORE",
    "ZPOPMAX",
    "ZPOPMIN",
    "ZRANDMEMBER",
    "ZRANGE",
    "ZRANGEBYLEX",
    "ZRANGEBYSCORE",
    "ZRANK",
    "ZREM",
    "ZREMRANGEBYLEX",
    "ZREMRANGEBYRANK",
    "ZREMRANGEBYSCORE",
    "ZREVRANGE",
    "ZREVRANGEBYLEX",
    "ZREVRANGEBYSCORE",
    "ZREVRANK",
    "ZSCAN",
    "ZSCORE",
];

/// The second argument tells how many keys follow it.
const COUNTED: &[&str] = &[
    "EVAL",
    "EVALSHA",
    "EVALSHA_RO",
    "EVAL_RO",
    "FCALL",
    "FCALL_RO",
];

/// Streams follow the word `STREAMS`, and as many ids.
const STREAMS: &[&str] = &["XREAD", "XREADGROUP"];

/// The most keys of one command that are written.
const MOST_KEYS: usize = 8;

/// The most of one key that is written, in bytes.
const LONGEST_KEY: usize = 128;

/// The name of a command in upper case; `COMMAND` for what cannot be one.
pub(super) fn name(command: &[u8]) -> String {
    let is_name = (1..=32).contains(&command.len())
        && command
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    match std::str::from_utf8(command) {
        Ok(text) if is_name => text.to_ascii_uppercase(),
        _ => "COMMAND".to_owned(),
    }
}

/// The command with its keys, and `?` for whatever else it is given.
pub(super) fn text(name: &str, arguments: &[&[u8]]) -> String {
    let keys = keys(name, arguments);
    let mut text = name.to_owned();
    for &key in keys.iter().take(MOST_KEYS) {
        // A key may be 512 MB. A letter that begins before the cut is whole.
        let head = &key[..key.len().min(LONGEST_KEY + 3)];
        let key = String::from_utf8_lossy(head);
        text.push(' ');
        text.push_str(&key[..key.floor_char_boundary(LONGEST_KEY.min(key.len()))]);
    }
    if keys.len() > MOST_KEYS {
        text.push_str(" …");
    }
    if arguments.len() > keys.len() {
        text.push_str(" ?");
    }
    text
}

fn keys<'a>(name: &str, arguments: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let is = |names: &[&str]| names.contains(&name);
    let first = |count: usize| arguments.iter().take(count).copied().collect();
    if is(FIRST) {
        first(1)
    } else if is(ALL) {
        // The arguments of COPY after its two keys are options.
        first(if name == "COPY" { 2 } else { arguments.len() })
    } else if is(EVERY_OTHER) {
        arguments.iter().step_by(2).copied().collect()
    } else if is(ALL_BUT_LAST) {
        first(arguments.len().saturating_sub(1))
    } else if is(FIRST_TWO) {
        first(2)
    } else if is(COUNTED) {
        let count = arguments
            .get(1)
            .and_then(|count| std::str::from_utf8(count).ok());
        let count = count.and_then(|count| count.parse().ok()).unwrap_or(0);
        arguments.iter().skip(2).take(count).copied().collect()
    } else if is(STREAMS) {
        let word = arguments
            .iter()
            .position(|word| word.eq_ignore_ascii_case(b"STREAMS"));
        let streams = word.map_or(&[][..], |word| &arguments[word + 1..]);
        streams[..streams.len() / 2].to_vec()
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(command: &str) -> String {
        let mut words = command.split(' ').map(str::as_bytes);
        let name = name(words.next().expect("a name"));
        text(&name, &words.collect::<Vec<_>>())
    }

    #[test]
    fn keys_are_told_and_values_are_not() {
        for (command, expected) in [
            ("get basket:7", "GET basket:7"),
            ("SET basket:7 S3cret EX 60", "SET basket:7 ?"),
            ("MSET a S3cret b S3cret", "MSET a b ?"),
            ("DEL a b c", "DEL a b c"),
            ("DEL 1 2 3 4 5 6 7 8 9", "DEL 1 2 3 4 5 6 7 8 …"),
            ("HSET user:1 password S3cret", "HSET user:1 ?"),
            ("BLPOP queue other 5", "BLPOP queue other ?"),
            ("EVAL return:S3cret 2 a b S3cret", "EVAL a b ?"),
            ("EVAL S3cret x a", "EVAL ?"),
            (
                "XREADGROUP GROUP g S3cret STREAMS orders stock > >",
                "XREADGROUP orders stock ?",
            ),
            ("XREAD STREAMS", "XREAD ?"),
            ("AUTH app S3cret", "AUTH ?"),
            ("CONFIG SET requirepass S3cret", "CONFIG ?"),
            ("HELLO 3 AUTH app S3cret", "HELLO ?"),
            ("MIGRATE host 6379 S3cret 0 5000 AUTH S3cret", "MIGRATE ?"),
            ("MODULE.DO S3cret", "MODULE.DO ?"),
            ("PING", "PING"),
            ("SMOVE a b S3cret", "SMOVE a b ?"),
            ("COPY a b DB S3cret", "COPY a b ?"),
        ] {
            assert_eq!(told(command), expected, "{command}");
        }
    }

    #[test]
    fn what_is_no_command_is_not_told() {
        assert_eq!(name(b"SET key\r\nS3cret"), "COMMAND");
        assert_eq!(name(b""), "COMMAND");
        assert_eq!(name(&[0xff, 0xfe]), "COMMAND");
    }

    #[test]
    fn a_long_key_is_cut() {
        assert_eq!(
            told(&format!("GET {}", "ü".repeat(200))).len(),
            "GET ".len() + LONGEST_KEY
        );
        let odd = [b'x'; LONGEST_KEY - 1].as_slice();
        let odd = [odd, "ü".repeat(9).as_bytes()].concat();
        assert!(!text("GET", &[&odd]).contains('\u{fffd}'));
    }
}
