//! GetTimeSeriesServiceStatistics: how many requests went how, over time.

use serde::{Deserialize, Serialize};

use super::Backend;
use super::error::ApiError;
use super::selection::{Selection, time_range};
use super::wire::unknown_token;
use crate::bound::{MOST, Text, Time, Whole};
use crate::filter::Selector;
use crate::forecast::PAST;
use crate::group::{GroupArn, GroupName};
use crate::query::TimeRange;
use crate::series::{Series, WindowStatistics};

/// The seconds of a window, where the call does not say.
const PERIOD: u32 = 60;

/// How many windows stand on a page.
const PAGE: usize = 1_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetTimeSeriesServiceStatistics {
    start_time: Time,
    end_time: Time,
    group_name: Option<GroupName>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<GroupArn>,
    entity_selector_expression: Option<Text<1, 500>>,
    period: Option<Whole<1, MOST>>,
    forecast_statistics: Option<bool>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TimeSeriesServiceStatisticsGot {
    time_series_service_statistics: Vec<WindowStatistics>,
    contains_old_group_versions: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The statistics of a service, of calls, or of the requests by which traces begin; windows without any are left out.
pub(super) fn get_time_series_service_statistics(
    backend: &Backend,
    input: GetTimeSeriesServiceStatistics,
) -> Result<TimeSeriesServiceStatisticsGot, ApiError> {
    let range = time_range(input.start_time, input.end_time)?;
    let selector = input.entity_selector_expression.as_ref().map(selector);
    let selector = selector.transpose()?;
    let with_forecast = input.forecast_statistics == Some(true);
    if with_forecast && !selector.as_ref().is_some_and(Selector::is_of_service) {
        return Err(ApiError::invalid_request(
            "ForecastStatistics is true and EntitySelectorExpression names no service: expected service(…) or id(…)",
        ));
    }
    let token = input.next_token.as_deref();
    let from = token.map(position).transpose()?.unwrap_or(range.start);

    let past = if with_forecast { PAST } else { 0.0 };
    let counted = TimeRange::began(range.start.max(from) - past, range.end).requests();
    let period = input.period.map_or(PERIOD, u32::from);
    let selection = Selection::of_group(backend, counted, input.group_name, input.group_arn)?;
    let series = selection.gather(&backend.store, Series::new(selector, counted, period));
    let (windows, next) = series.windows(from, PAGE, with_forecast);
    Ok(TimeSeriesServiceStatisticsGot {
        time_series_service_statistics: windows,
        contains_old_group_versions: false,
        next_token: next.map(|next| next.to_string()),
    })
}

fn selector(text: &Text<1, 500>) -> Result<Selector, ApiError> {
    let refused = |error| {
        ApiError::invalid_request(format!("EntitySelectorExpression cannot be read: {error}"))
    };
    Selector::parse(text.as_str()).map_err(refused)
}

/// The begin of a window, as a text.
fn position(token: &str) -> Result<f64, ApiError> {
    let begin = token.parse().ok().filter(|begin: &f64| begin.is_finite());
    begin.ok_or_else(|| unknown_token(token))
}
