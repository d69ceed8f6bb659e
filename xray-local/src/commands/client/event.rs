use std::io::{BufRead, BufReader};

use serde::de::DeserializeOwned;

use super::{ClientError, Endpoint};

/// Server-sent events, one after the other until the server ends.
pub(crate) struct Events {
    endpoint: Endpoint,
    lines: BufReader<Box<dyn std::io::Read>>,
}

/// One event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Empty where it has none.
    pub(crate) name: String,
    pub(crate) data: String,
}

impl Events {
    /// What an event says.
    pub(crate) fn read<Output: DeserializeOwned>(
        &self,
        event: &Event,
    ) -> Result<Output, ClientError> {
        let read = serde_json::from_str(&event.data);
        read.map_err(|error| ClientError::nonsense(&self.endpoint, &error))
    }

    pub(super) fn of(endpoint: Endpoint, body: ureq::Body) -> Self {
        Self {
            endpoint,
            lines: BufReader::new(Box::new(body.into_reader())),
        }
    }

    /// The next one; waits for it. Fails when the server has gone.
    pub(crate) fn next(&mut self) -> Result<Event, ClientError> {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            let length = self.lines.read_line(&mut line);
            let length = length.map_err(|error| ClientError::gone(&self.endpoint, &error))?;
            if length == 0 {
                return Err(ClientError::gone(&self.endpoint, &"it has ended"));
            }
            match line.trim_end_matches(['\r', '\n']).split_once(':') {
                // A line that begins with a colon keeps the connection alive.
                Some(("", _)) => {}
                Some(("event", name)) => name.trim_start().clone_into(&mut event.name),
                Some(("data", data)) => event.data.push_str(data.trim_start()),
                Some(_) => {}
                None if event != Event::default() => return Ok(event),
                None => {}
            }
        }
    }
}
