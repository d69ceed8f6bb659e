//! Documents as they come: of several traces at once, the last of each trace a good while after its first.

/// How many traces begin between one document of a trace and its next.
const APART: u64 = 500;

/// How many traces begin in a second, by their ids and times.
const A_SECOND: u64 = 10_000;

/// The second at which the first one begins.
const BEGIN: u64 = 1_790_000_000;

/// A document with its ids: 16 bytes of the trace's, 8 of its own.
pub struct Document {
    /// The ids.
    pub key: [u8; 24],
    /// The text, of about a kilobyte.
    pub text: String,
}

/// Traces of three documents each, the same ones each time.
pub struct Load {
    traces: u64,
    next: u64,
}

impl Load {
    /// So many traces.
    pub fn new(traces: u64) -> Self {
        Self { traces, next: 0 }
    }
}

impl Iterator for Load {
    type Item = Document;

    fn next(&mut self) -> Option<Document> {
        while self.next < (self.traces + 2 * APART) * 3 {
            let (step, part) = (self.next / 3, self.next % 3);
            self.next += 1;
            let number = step.checked_sub(part * APART);
            if let Some(number) = number.filter(|number| *number < self.traces) {
                return Some(document(number, part));
            }
        }
        None
    }
}

/// The id of a trace by its number, in the form of X-Ray's: the second at which it began, then what nobody can guess.
pub fn trace_id(number: u64) -> [u8; 16] {
    let mut id = [0; 16];
    let second = (BEGIN + number / A_SECOND) as u32;
    id[..4].copy_from_slice(&second.to_be_bytes());
    id[4..12].copy_from_slice(&scatter(number).to_be_bytes());
    id[12..].copy_from_slice(&(number as u32).to_be_bytes());
    id
}

/// SplitMix64: the same number for the same number.
fn scatter(number: u64) -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut bits = number.wrapping_mul(STEP).wrapping_add(STEP);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A front that calls orders, which calls stock.
fn document(number: u64, part: u64) -> Document {
    const NAMES: [&str; 3] = ["front", "orders", "stock"];
    let trace = trace_id(number);
    let id = |part: u64, which: u64| scatter(number * 64 + part * 8 + which) | 1;
    let random = |which: u64| scatter(number * 64 + part * 8 + which + (1 << 60));
    let hex = format!("{:032x}", u128::from_be_bytes(trace));
    let name = NAMES[part as usize];
    let start = BEGIN as f64 + number as f64 / A_SECOND as f64 + part as f64 / 100.0;
    let end = start + 0.3 - part as f64 / 10.0 + (random(3) % 50_000) as f64 / 1e6;
    // The last is the call of the next service, or the database.
    let last = match NAMES.get(part as usize + 1) {
        Some(next) => format!(
            r#"{{"name":"{next}","id":"{:016x}","start_time":{:.6},"end_time":{:.6},"namespace":"remote","http":{{"request":{{"method":"GET","url":"http://{next}.example.com/v2/{next}"}},"response":{{"status":200}}}}}}"#,
            id(part, 2),
            start + 0.005,
            end - 0.005,
        ),
        None => format!(
            r#"{{"name":"{name}@db","id":"{:016x}","start_time":{:.6},"end_time":{:.6},"namespace":"remote","sql":{{"sanitized_query":"SELECT id, name, price FROM {name} WHERE customer = ? AND id = ?","database_type":"postgresql"}}}}"#,
            id(part, 2),
            start + 0.005,
            end - 0.005,
        ),
    };
    let parent = match part.checked_sub(1) {
        Some(caller) => format!(r#""parent_id":"{:016x}","#, id(caller, 2)),
        None => String::new(),
    };
    let status = [200, 200, 200, 200, 200, 200, 200, 404, 429, 500][(random(9) % 10) as usize];
    let flag = match status {
        404 => r#""error":true,"#,
        429 => r#""error":true,"throttle":true,"#,
        500 => r#""fault":true,"#,
        _ => "",
    };
    let text = format!(
        r#"{{"name":"{name}","id":"{:016x}","trace_id":"1-{}-{}",{parent}{flag}"start_time":{start:.6},"end_time":{end:.6},"origin":"AWS::ECS::Container","http":{{"request":{{"method":"GET","url":"http://{name}.example.com/v2/{name}/{}/items/{}","client_ip":"10.{}.{}.{}","user_agent":"Mozilla/5.0 (X11; Linux x86_64)"}},"response":{{"status":{status},"content_length":{}}}}},"annotations":{{"customer":"c-{}","tier":"gold","basket":{}}},"metadata":{{"default":{{"note":"n{:x}"}}}},"subsegments":[{{"name":"price","id":"{:016x}","start_time":{:.6},"end_time":{:.6},"annotations":{{"currency":"EUR"}}}},{last}]}}"#,
        id(part, 1),
        &hex[..8],
        &hex[8..],
        random(4) % 10_000,
        random(5) % 1_000,
        random(6) % 256,
        random(7) % 256,
        random(8) % 256,
        random(10) % 100_000,
        random(11) % 5_000,
        random(12) % 300,
        random(13),
        id(part, 3),
        start + 0.001,
        start + 0.002,
    );
    let mut key = [0; 24];
    key[..16].copy_from_slice(&trace);
    key[16..].copy_from_slice(&id(part, 1).to_be_bytes());
    Document { key, text }
}
