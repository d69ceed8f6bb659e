//! A text that is read on line by line, value by value.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::unreadable::{offset_of, without_place};

/// A line and a character, counted from 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// Where one is behind this text.
    pub(super) fn plus(self, text: &str) -> Self {
        match text.rsplit_once('\n') {
            None => Self {
                column: self.column + text.chars().count(),
                ..self
            },
            Some((before, last)) => Self {
                line: self.line + 1 + before.matches('\n').count(),
                column: 1 + last.chars().count(),
            },
        }
    }
}

/// What is no JSON.
pub(super) struct Broken {
    pub(super) place: Place,
    pub(super) message: String,
}

/// The lines that were read and are still needed.
#[derive(Debug)]
pub(super) struct Input<R> {
    input: R,
    /// Whole lines.
    text: String,
    /// The line of the input with which `text` begins.
    line: usize,
    /// The byte of `text` that is read next.
    position: usize,
    /// The first place at which bytes were replaced.
    pub(super) replaced: Option<Place>,
}

impl<R: BufRead> Input<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            text: String::new(),
            line: 1,
            position: 0,
            replaced: None,
        }
    }

    /// Reads one more line; false at the end.
    fn read_line(&mut self) -> io::Result<bool> {
        let mut bytes = Vec::new();
        if self.input.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(false);
        }
        match String::from_utf8_lossy(&bytes) {
            Cow::Borrowed(line) => self.text.push_str(line),
            Cow::Owned(line) => {
                let good = line.split('\u{fffd}').next().unwrap_or_default();
                if self.replaced.is_none() {
                    self.replaced = Some(self.place(self.text.len()).plus(good));
                }
                self.text.push_str(&line);
            }
        }
        Ok(true)
    }

    /// Where it is read next.
    pub(super) fn here(&self) -> Place {
        self.place(self.position)
    }

    fn place(&self, position: usize) -> Place {
        let start = Place {
            line: self.line,
            column: 1,
        };
        start.plus(&self.text[..position])
    }

    /// Goes to the next value, and forgets the lines before it; false when there is none.
    pub(super) fn skip_blanks(&mut self) -> io::Result<bool> {
        loop {
            let rest = &self.text[self.position..];
            self.position = self.text.len() - rest.trim_start().len();
            if self.position < self.text.len() {
                self.forget();
                return Ok(true);
            }
            if !self.read_line()? {
                return Ok(false);
            }
        }
    }

    /// Forgets the lines before the one that is read.
    fn forget(&mut self) {
        if let Some(end) = self.text[..self.position].rfind('\n') {
            self.line += self.text[..=end].matches('\n').count();
            self.text.drain(..=end);
            self.position -= end + 1;
        }
    }

    /// Reads a value and goes behind it. Where there is none, goes to the next line that may begin one.
    pub(super) fn value(&mut self) -> io::Result<Result<String, Broken>> {
        let start = self.position;
        match Tape(self).value() {
            Ok(raw) => {
                self.position = start + raw.get().len();
                Ok(Ok(raw.get().to_owned()))
            }
            Err(error) if error.is_io() => Err(error.into()),
            Err(error) => {
                let position = start + offset_of(&error, &self.text[start..]);
                let broken = Broken {
                    place: self.place(position),
                    message: without_place(&error),
                };
                self.go_on_behind(start, position)?;
                Ok(Err(broken))
            }
        }
    }

    /// Goes to the first line from `position` on, and behind `start`, that begins with `{` or `[`.
    fn go_on_behind(&mut self, start: usize, position: usize) -> io::Result<()> {
        let from = position.max(start + 1).min(self.text.len());
        let mut line = self.text.as_bytes()[..from]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        loop {
            if line > start && self.text[line..].starts_with(['{', '[']) {
                break;
            }
            match self.text[line..].find('\n') {
                Some(end) => line += end + 1,
                None => line = self.text.len(),
            }
            if line == self.text.len() && !self.read_line()? {
                break;
            }
        }
        self.position = line;
        Ok(())
    }
}

/// Reads an [`Input`] on, line by line.
struct Tape<'a, R>(&'a mut Input<R>);

impl<R: BufRead> Tape<'_, R> {
    fn value(self) -> serde_json::Result<Box<RawValue>> {
        Box::deserialize(&mut serde_json::Deserializer::from_reader(self))
    }
}

impl<R: BufRead> Read for Tape<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self(input) = self;
        if input.position == input.text.len() && !input.read_line()? {
            return Ok(0);
        }
        let rest = &input.text.as_bytes()[input.position..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        input.position += count;
        Ok(count)
    }
}
