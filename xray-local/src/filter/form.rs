//! Root causes against a form in JSON: what it names must be so, what it leaves out may be anything.

use serde_json::Value;

use crate::query::RootCauses;

/// Whether each form of a list is that of one of the root causes. A single form may stand without a list.
pub(super) fn matches(form: &Value, causes: &RootCauses) -> bool {
    let forms = match form {
        Value::Array(forms) => forms.as_slice(),
        single => std::slice::from_ref(single),
    };
    let all = [&causes.faults, &causes.errors, &causes.response_times];
    let found: Vec<_> = all
        .into_iter()
        .flatten()
        .filter_map(|cause| serde_json::to_value(cause).ok())
        .collect();
    forms
        .iter()
        .all(|form| found.iter().any(|cause| fits(form, cause)))
}

/// Whether what is found has all that the form names.
pub(crate) fn fits(form: &Value, found: &Value) -> bool {
    match (form, found) {
        (Value::Object(form), Value::Object(found)) => form
            .iter()
            .all(|(key, form)| found.get(key).is_some_and(|found| fits(form, found))),
        (Value::Array(form), Value::Array(found)) => {
            form.len() == found.len()
                && form
                    .iter()
                    .zip(found)
                    .all(|(form, found)| fits(form, found))
        }
        (Value::Number(form), Value::Number(found)) => form.as_f64() == found.as_f64(),
        (form, found) => form == found,
    }
}
