//! Statistics over time: requests in windows of one length. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::entry::{CalledBy, Entry, Moment, Side};
use crate::filter::Selector;
use crate::forecast::{Counts, Forecast, PAST};
use crate::graph::{Flow, Histogram, Statistics};
use crate::index::{Gather, Rows};
use crate::query::TimeRange;

/// The statistics of some services or calls, window by window. Windows begin at multiples of their length, as seconds since 1970.
pub(crate) struct Series {
    selector: Option<Selector>,
    range: TimeRange,
    period: u32,
    windows: BTreeMap<i64, Window>,
}

/// The finished requests that began in one window.
#[derive(Default)]
struct Window {
    statistics: Statistics,
    times: Histogram,
}

/// The statistics of one window, in the form of the API.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WindowStatistics {
    /// The begin of the window.
    pub(crate) timestamp: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    edge_summary_statistics: Option<Statistics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_summary_statistics: Option<Statistics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_forecast_statistics: Option<Forecast>,
    response_time_histogram: Histogram,
}

impl Series {
    /// Of the requests that begin in the range and that the selector means. Without one: those by which traces begin, as their callers see them.
    pub(crate) fn new(selector: Option<Selector>, range: TimeRange, period: u32) -> Self {
        Self {
            selector,
            range,
            period: period.max(1),
            windows: BTreeMap::new(),
        }
    }

    /// Whether requests of a service are meant, and whose record of them. Without a selector: those by which traces begin.
    fn side(&self, flow: Flow<'_>) -> Option<Side> {
        let side = match &self.selector {
            Some(selector) => selector.side(flow.service, flow.caller),
            None => (flow.caller == CalledBy::Client).then_some(Side::Service),
        };
        // A call that several works answered is one.
        side.filter(|side| *side == Side::Service || !flow.is_again)
    }

    fn count(&mut self, request: Moment) {
        let begins_here = |_: &u64| request.begins_in(&self.range);
        if let Some(duration) = request.duration.filter(begins_here) {
            let window = self.windows.entry(request.stretch(self.period));
            let window = window.or_default();
            window
                .statistics
                .count(request.outcome, duration as f64 / 1e6);
            window.times.count(duration);
        }
    }

    /// Up to `limit` windows in which something happened, from the first one that begins at or behind `from` on; and where the next ones begin.
    /// With a forecast each tells how many faults were to be expected by the hour before it, as far as the range reaches back.
    pub(crate) fn windows(
        self,
        from: f64,
        limit: usize,
        with_forecast: bool,
    ) -> (Vec<WindowStatistics>, Option<f64>) {
        let period = f64::from(self.period);
        let begin = |number: i64| number as f64 * period;
        let is_edge = !self.selector.as_ref().is_some_and(Selector::is_of_service);
        let mut forecasts = with_forecast.then(|| self.forecasts());
        // The range may begin within a window.
        let mut left = self
            .windows
            .into_iter()
            .skip_while(|(number, _)| begin(*number) + period <= from);
        let windows = left.by_ref().take(limit);
        let windows = windows.map(|(number, Window { statistics, times })| WindowStatistics {
            timestamp: begin(number),
            edge_summary_statistics: is_edge.then_some(statistics),
            service_summary_statistics: (!is_edge).then_some(statistics),
            service_forecast_statistics: forecasts.as_mut().and_then(|all| all.remove(&number)),
            response_time_histogram: times,
        });
        let windows = windows.collect();
        (windows, left.next().map(|(number, _)| begin(number)))
    }

    fn forecasts(&self) -> BTreeMap<i64, Forecast> {
        let past = (PAST / f64::from(self.period)).ceil().max(1.0) as i64;
        let forecast = |number: i64, window: &Window| {
            let mut counts = Counts::default();
            for (_, before) in self.windows.range(number - past..number) {
                counts += before.counts();
            }
            Forecast::of(counts, window.statistics.total_count)
        };
        let windows = self.windows.iter();
        windows
            .map(|(number, window)| (*number, forecast(*number, window)))
            .collect()
    }
}

impl Window {
    fn counts(&self) -> Counts {
        Counts {
            requests: self.statistics.total_count,
            faults: self.statistics.fault_statistics.total_count,
        }
    }
}

impl Gather for Series {
    fn rows(&mut self, rows: &Rows<'_>) {
        let sides = rows.flows().map(|flow| self.side(flow));
        let sides: Vec<_> = sides.collect();
        if sides.iter().all(Option::is_none) {
            return;
        }
        for row in rows.all() {
            match sides[row.profile] {
                Some(Side::Service) => self.count(row.request),
                Some(Side::Call) => self.count(row.call),
                None => {}
            }
        }
    }

    fn entry(&mut self, entry: &Entry) {
        for work in &entry.works {
            if let Some(side) = self.side(Flow::of(work)) {
                self.count(Moment::of(work.seen_from(side)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use xray_sdk::document::{Document, Trace};

    use super::*;
    use crate::entry::Span;

    /// A trace of `front`, which calls a table; the first fails when the second does.
    fn trace(number: u32, start: f64, fails: bool) -> Entry {
        let id = |digit: u32| format!("{digit:08x}{number:08x}");
        let text = json!({
            "name": "front", "id": id(1), "trace_id": format!("1-{number:08x}-{number:024x}"),
            "start_time": start, "end_time": start + 0.5, "fault": fails,
            "subsegments": [{
                "name": "DynamoDB", "id": id(2), "namespace": "aws", "aws": {"table_name": "orders"}, "fault": fails,
                "start_time": start + 0.1, "end_time": start + 0.3,
            }],
        });
        let document = Document::parse(text.to_string().as_bytes()).expect("a document");
        Entry::of(&Trace::assemble([document]).remove(0), 1, Span::default())
    }

    fn series(selector: Option<&str>, period: u32, traces: &[Entry]) -> Series {
        let selector = selector.map(|text| Selector::parse(text).expect("a selector"));
        let mut series = Series::new(selector, TimeRange::began(0.0, 10_000.0), period);
        traces.iter().for_each(|trace| series.entry(trace));
        series
    }

    fn told(series: Series, limit: usize, with_forecast: bool) -> (Vec<Value>, Option<f64>) {
        let (windows, next) = series.windows(0.0, limit, with_forecast);
        let written = |window| serde_json::to_value(window).expect("can be written");
        (windows.iter().map(written).collect(), next)
    }

    #[test]
    fn requests_are_counted_in_the_window_in_which_they_begin() {
        let traces = [
            trace(1, 59.9, false),
            trace(2, 60.0, true),
            trace(3, 125.0, false),
            trace(4, 10_000.0, false),
        ];
        let (windows, next) = told(series(None, 60, &traces), 10, false);
        assert_eq!(next, None);
        let times: Vec<_> = windows.iter().map(|window| &window["Timestamp"]).collect();
        assert_eq!(times, [&json!(0.0), &json!(60.0), &json!(120.0)]);
        assert_eq!(
            windows[1],
            json!({
                "Timestamp": 60.0,
                "EdgeSummaryStatistics": {
                    "OkCount": 0, "ErrorStatistics": {"ThrottleCount": 0, "OtherCount": 0, "TotalCount": 0},
                    "FaultStatistics": {"OtherCount": 1, "TotalCount": 1}, "TotalCount": 1, "TotalResponseTime": 0.5,
                },
                "ResponseTimeHistogram": [{"Value": 0.5, "Count": 1}],
            })
        );
    }

    #[test]
    fn a_selector_picks_services_or_calls() {
        let traces = [trace(1, 1.0, false)];
        for (selector, key, time) in [
            ("service(\"front\")", "ServiceSummaryStatistics", 0.5),
            (
                "id(name: \"orders\", type: \"AWS::DynamoDB::Table\")",
                "ServiceSummaryStatistics",
                0.2,
            ),
            ("service(id(name: \"front\", type: \"client\"))", "", 0.0),
            ("edge(\"front\", \"orders\")", "EdgeSummaryStatistics", 0.2),
            (
                "edge(id(name: \"front\", type: \"client\"), \"front\")",
                "EdgeSummaryStatistics",
                0.5,
            ),
        ] {
            let (windows, _) = told(series(Some(selector), 60, &traces), 10, false);
            match windows.as_slice() {
                [] => assert_eq!(key, "", "{selector}"),
                [window] => assert_eq!(window[key]["TotalResponseTime"], time, "{selector}"),
                more => panic!("{more:?}"),
            }
        }
        for text in [
            "",
            "front",
            "service(\"a\") {fault}",
            "edge(\"a\")",
            "id()",
            "service() x",
        ] {
            assert!(text == "id()" || Selector::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pages_go_on_where_they_ended() {
        let traces: Vec<_> = (0..5)
            .map(|number| trace(number, f64::from(number) * 60.0, false))
            .collect();
        let (first, next) = series(None, 60, &traces).windows(0.0, 3, false);
        assert_eq!((first.len(), next), (3, Some(180.0)));
        let (second, next) = series(None, 60, &traces).windows(180.0, 3, false);
        assert_eq!((second.len(), second[0].timestamp, next), (2, 180.0, None));
    }

    #[test]
    fn a_forecast_is_made_of_the_hour_before() {
        let calm = (0..100).map(|number| trace(number, 30.0 + f64::from(number) / 10.0, false));
        let storm = (100..150).map(|number| trace(number, 60.5, true));
        let traces: Vec<_> = calm.chain(storm).collect();
        let (windows, _) = told(series(Some("service(\"front\")"), 60, &traces), 10, true);
        // 0 of 100 and 1 of 100 that are known: half a percent of 50.
        assert_eq!(
            windows[1]["ServiceForecastStatistics"],
            json!({"FaultCountHigh": 2, "FaultCountLow": 0})
        );
        assert_eq!(
            windows[1]["ServiceSummaryStatistics"]["FaultStatistics"]["TotalCount"],
            50
        );
    }
}
