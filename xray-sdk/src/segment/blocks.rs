//! The blocks that integrations fill: HTTP, SQL, AWS.

use std::panic::Location;

use serde::Serialize;

use crate::document::Sql;
use crate::record::event::{Field, Mark};
use crate::record::{Text, json};
use crate::segment::entity::Entity;
use crate::segment::reach::write_at_hand;

impl Entity {
    /// Records the method and URL of the HTTP request that this entity answers or sends.
    /// Give the URL without user information and query: both may hold secrets, and nothing is removed here.
    #[inline(always)]
    #[track_caller]
    pub fn http_request(&mut self, method: &str, url: &str) -> &mut Self {
        if !self.is_silent() {
            self.record_request(method, url);
        }
        self
    }

    #[inline(always)]
    #[track_caller]
    fn record_request(&mut self, method: &str, url: &str) {
        if !write_at_hand!(self, |sheet, node| sheet.request(node, method, url)) {
            let place = Location::caller();
            self.out_of_line(|entity| entity.request_elsewhere(method, url, place));
        }
    }

    #[cold]
    #[inline(never)]
    fn request_elsewhere(&mut self, method: &str, url: &str, caller: &'static Location<'static>) {
        self.record_elsewhere_for(caller, |lane, node| lane.request(node, method, url));
    }

    /// As [`http_request`](Self::http_request), of a URL in pieces that stand one after the other, some of them perhaps empty: for who would
    /// have to put it together first.
    ///
    /// ```
    /// # let capture = xray_sdk::testing::Capture::new("shop");
    /// capture.recorder().segment("shop").run_sync(|segment| {
    ///     segment.http_request_in_pieces("GET", ["http", "://", "shop:80", "/orders"]);
    /// });
    /// # let document = String::from_utf8(capture.bytes().remove(0)).expect("JSON");
    /// # assert!(document.contains(r#""url":"http://shop:80/orders""#));
    /// ```
    #[inline]
    #[track_caller]
    pub fn http_request_in_pieces(&mut self, method: &str, url: [&str; 4]) -> &mut Self {
        if !self.is_silent() {
            self.record_request_in_pieces(method, url);
        }
        self
    }

    #[track_caller]
    fn record_request_in_pieces(&mut self, method: &str, url: [&str; 4]) {
        if !write_at_hand!(self, |sheet, node| sheet
            .request_in_pieces(node, method, url))
        {
            self.record_elsewhere_for(Location::caller(), |lane, node| {
                lane.request_in_pieces(node, method, url);
            });
        }
    }

    /// Records the user agent of the request.
    #[inline(always)]
    #[track_caller]
    pub fn user_agent(&mut self, agent: &str) -> &mut Self {
        if !self.is_silent() {
            self.field(Field::HttpUserAgent, agent);
        }
        self
    }

    /// Records who sent the request; `forwarded` says that the address comes from an `X-Forwarded-For` header,
    /// which any client can forge.
    #[inline(always)]
    #[track_caller]
    pub fn client_ip(&mut self, address: &str, forwarded: bool) -> &mut Self {
        if !self.is_silent() {
            self.field(Field::HttpClientIp, address);
            if forwarded {
                self.mark(Mark::Forwarded);
            }
        }
        self
    }

    /// Records the status of the HTTP response: 429 is throttling, other 4xx an error, 5xx a fault. A later status replaces an earlier one
    /// and what that said; what the program [marked](Self::error) itself stays.
    #[inline(always)]
    #[track_caller]
    pub fn http_status(&mut self, status: u16) -> &mut Self {
        if (500..=599).contains(&status) {
            self.fail();
        }
        if !self.is_silent() {
            self.number(Field::HttpStatus, u64::from(status));
        }
        self
    }

    /// Records the length of the response's body, in bytes.
    #[inline]
    #[track_caller]
    pub fn content_length(&mut self, bytes: u64) -> &mut Self {
        if !self.is_silent() {
            self.number(Field::HttpContentLength, bytes);
        }
        self
    }

    /// Records a database call. The text of the statement is recorded as given: remove literals first.
    #[inline(always)]
    #[track_caller]
    pub fn sql(&mut self, sql: &Sql<'_>) -> &mut Self {
        if !self.is_silent() {
            self.record_sql(sql);
        }
        self
    }

    #[inline(always)]
    #[track_caller]
    fn record_sql(&mut self, sql: &Sql<'_>) {
        if !write_at_hand!(self, |sheet, node| sheet.sql(node, sql)) {
            let place = Location::caller();
            self.out_of_line(|entity| entity.sql_elsewhere(sql, place));
        }
    }

    #[cold]
    #[inline(never)]
    fn sql_elsewhere(&mut self, sql: &Sql<'_>, caller: &'static Location<'static>) {
        self.record_elsewhere_for(caller, |lane, node| lane.sql(node, sql));
    }

    /// Sets a field of the `aws` block, as `operation`, `region`, `request_id` or `table_name` (developer guide, "Segment documents").
    #[track_caller]
    pub fn aws<'k>(
        &mut self,
        key: impl Into<Text<'k>>,
        value: &(impl Serialize + ?Sized),
    ) -> &mut Self {
        if !self.is_silent() && self.is_recording_here() {
            let key = key.into();
            json::write(value, |json| {
                self.record_elsewhere(|lane, node| lane.aws(node, &key, json));
            });
        }
        self
    }
}
