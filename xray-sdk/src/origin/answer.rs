//! The answer of an HTTP/1.1 server, read from the bytes that have come so far.

/// An answer. Its body is there only when its status is 200: nobody wants the others.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// What is wrong with bytes that are no answer, in words.
pub(super) type Fault = &'static str;

/// How the end of a body is known.
enum Extent {
    Length(usize),
    Chunks,
    /// The server closes the connection.
    End,
}

impl Answer {
    /// The answer that `bytes` hold; none when more has to come, which cannot be when the connection `is_closed`.
    pub(super) fn read(bytes: &[u8], is_closed: bool) -> Result<Option<Self>, Fault> {
        let read = Self::read_open(bytes, is_closed)?;
        if read.is_none() && is_closed {
            return Err("an answer that ends early");
        }
        Ok(read)
    }

    fn read_open(bytes: &[u8], is_closed: bool) -> Result<Option<Self>, Fault> {
        let known = bytes.len().min(PREFIX.len());
        if bytes[..known] != PREFIX[..known] {
            return Err("something else than HTTP");
        }
        let Some((head, body)) = split(bytes, b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(head).map_err(|_| "a head that is not text")?;
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(status)
            .ok_or("something else than HTTP")?;
        if status != 200 {
            let body = Vec::new();
            return Ok(Some(Self { status, body }));
        }
        let body = match extent(lines)? {
            Extent::Length(length) => body.get(..length).map(<[u8]>::to_vec),
            Extent::Chunks => unchunk(body)?,
            Extent::End => is_closed.then(|| body.to_vec()),
        };
        Ok(body.map(|body| Self { status, body }))
    }
}

const PREFIX: &[u8] = b"HTTP/1.";

/// What stands before and after the first `mark`.
fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = bytes
        .windows(mark.len())
        .position(|window| window == mark)?;
    Some((&bytes[..start], &bytes[start + mark.len()..]))
}

/// The status of `HTTP/1.1 200 OK`.
fn status(line: &str) -> Option<u16> {
    let code = line.split(' ').nth(1)?;
    let is_code = code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit());
    code.parse().ok().filter(|_| is_code)
}

fn extent<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Extent, Fault> {
    let mut extent = Extent::End;
    for line in lines {
        let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("transfer-encoding") {
            if !value.eq_ignore_ascii_case("chunked") {
                return Err("a body in an unknown coding");
            }
            // It wins over a length (RFC 9112, section 6.3).
            return Ok(Extent::Chunks);
        }
        if name.eq_ignore_ascii_case("content-length") {
            let length = value.parse().map_err(|_| "a length that is no number")?;
            extent = Extent::Length(length);
        }
    }
    Ok(extent)
}

/// The content of chunks; none when the last has not come.
fn unchunk(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    const FAULT: Fault = "a chunk without a size";
    let mut body = Vec::new();
    while let Some((line, after)) = split(rest, b"\r\n") {
        let line = std::str::from_utf8(line).map_err(|_| FAULT)?;
        let digits = line.split(';').next().unwrap_or_default().trim_end();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(FAULT);
        }
        let size = usize::from_str_radix(digits, 16).map_err(|_| FAULT)?;
        if size == 0 {
            return Ok(Some(body));
        }
        let Some(chunk) = after.get(..size) else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        match &after[size..] {
            [b'\r', b'\n', following @ ..] => rest = following,
            [] | [b'\r'] => return Ok(None),
            _ => return Err("a chunk that is longer than its size"),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ok(body: &str) -> Answer {
        Answer {
            status: 200,
            body: body.as_bytes().to_vec(),
        }
    }

    const WHOLE: [&str; 3] = [
        "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\nServer: x\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 99\r\n\r\n3;x=y\r\nhel\r\n02\r\nlo\r\n0\r\n\r\n",
        "HTTP/1.0 200\r\n\r\nhello",
    ];

    #[test]
    fn bodies_end_by_length_by_chunks_or_with_the_connection() {
        for text in WHOLE {
            assert_eq!(
                Answer::read(text.as_bytes(), true),
                Ok(Some(ok("hello"))),
                "{text}"
            );
        }
    }

    #[test]
    fn an_answer_is_whole_as_soon_as_its_end_is_known() {
        let known = [WHOLE[0].len(), WHOLE[1].len() - 2];
        for (text, end) in WHOLE.iter().zip(known) {
            for length in 0..text.len() {
                let read = Answer::read(&text.as_bytes()[..length], false);
                assert_eq!(
                    read,
                    Ok((length >= end).then(|| ok("hello"))),
                    "{length} of {text}"
                );
            }
        }
    }

    #[test]
    fn an_answer_that_ends_early_is_told_apart() {
        for text in WHOLE.iter().take(2) {
            let half = &text.as_bytes()[..text.len() - 8];
            assert_eq!(Answer::read(half, true), Err("an answer that ends early"));
        }
        assert_eq!(Answer::read(b"", true), Err("an answer that ends early"));
    }

    #[test]
    fn another_status_needs_no_body() {
        let text = b"HTTP/1.1 404 Not Found\r\nContent-Length: 345\r\n\r\n";
        let answer = Answer::read(text, false)
            .expect("an answer")
            .expect("whole");
        assert_eq!((answer.status, answer.body.len()), (404, 0));
    }

    #[test]
    fn what_is_no_answer_is_found_at_once() {
        for text in [
            "SSH-2.0-OpenSSH",
            "\0",
            "HTTP/2",
            "HTTP/1.1 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 +20 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\na\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
        ] {
            assert!(Answer::read(text.as_bytes(), false).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, is_closed: bool) {
            let _ = Answer::read(&bytes, is_closed);
        }

        #[test]
        fn no_body_makes_it_panic(head in 0..3_usize, body in "[0-9a-f\r\n;x]{0,40}", is_closed: bool) {
            let head = WHOLE[head].split("\r\n\r\n").next().unwrap_or_default();
            let _ = Answer::read(format!("{head}\r\n\r\n{body}").as_bytes(), is_closed);
        }

        #[test]
        fn any_body_comes_through_in_any_chunks(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8)) {
            let mut text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for chunk in &chunks {
                text.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                text.extend_from_slice(chunk);
                text.extend_from_slice(b"\r\n");
            }
            text.extend_from_slice(b"0\r\n\r\n");
            let answer = Answer::read(&text, false).expect("an answer").expect("whole");
            prop_assert_eq!(answer.body, chunks.concat());
        }
    }
}
