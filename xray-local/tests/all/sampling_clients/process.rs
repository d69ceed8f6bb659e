//! Two processes of their own. The test tells each how time passes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use xray_local::Server;
use xray_sdk::Recorder;
use xray_sdk::emitter::DaemonAddress;
use xray_sdk::sampling::{Decision, Reason};
use xray_sdk::testing::{ManualClock, ManualSampler};

use super::{Counts, Noting, create_orders, told};
use crate::client::{DEADLINE, options};
use crate::time::Time;

const ADDRESS: &str = "AWS_XRAY_DAEMON_ADDRESS";
const SEED: &str = "SEED";
/// What answers begin with: the test's own talk stands between them.
const ANSWER: &str = "> ";

const RESERVOIR: u64 = 6;

/// A service in a process of its own: does for each line that it reads what that says, and answers in one line.
#[test]
#[ignore = "is run by the test below, as a process of its own"]
fn service() {
    let variable = |name| std::env::var(name).expect("set by the test");
    let daemon = DaemonAddress::parse(&variable(ADDRESS)).expect("an address");
    let seed = variable(SEED).parse().expect("a number");
    let clock = ManualClock::at(Time::new().now() as u64);
    let sampler = ManualSampler::new("checkout", &daemon, &clock, seed).expect("a sampler");
    let sampler = Noting::new(sampler);
    let recorder = Recorder::builder("checkout").sampler(sampler.clone());
    let recorder = recorder.build().expect("a recorder");
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("text");
        let (what, number) = line.split_once(' ').expect("two words");
        let number: u64 = number.parse().expect("a number");
        let answer = match what {
            "pass" => {
                clock.advance(Duration::from_millis(number));
                sampler.manual.catch_up();
                sampler.manual.unreported().to_string()
            }
            _ => {
                let decide = |_| word(&sampler.request(&recorder, "/orders/7"));
                let words: Vec<_> = (0..number).map(decide).collect();
                recorder.flush(DEADLINE);
                words.join(" ")
            }
        };
        println!("{ANSWER}{answer}");
    }
}

/// What was decided, in a word.
fn word(decision: &Decision) -> &'static str {
    if decision.fallback().is_some() {
        return if decision.is_sampled() { "local" } else { "-" };
    }
    match (decision.reason(), decision.is_sampled()) {
        (Reason::Borrowed, _) => "borrowed",
        (Reason::Reservoir, _) => "reservoir",
        (_, true) => "passed",
        (_, false) => "failed",
    }
}

/// A process that is told what to do.
struct Service {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Service {
    fn start(server: &Server, seed: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "sampling_clients::process::service"])
            .args(["--ignored", "--nocapture"])
            .env_clear()
            .env(ADDRESS, server.address().to_string())
            .env(SEED, seed.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, answers }
    }

    fn tell(&mut self, what: &str, number: u64) {
        let lines = self.process.stdin.as_mut().expect("piped");
        writeln!(lines, "{what} {number}").expect("the service reads");
    }

    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            let length = self.answers.read_line(&mut line).expect("text");
            assert!(length > 0, "the service ended");
            if let Some((_, answer)) = line.split_once(ANSWER) {
                return answer.trim_end().to_owned();
            }
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Ends by the end of its lines.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[test]
fn two_processes_take_the_reservoir_together_and_lose_no_count() {
    let time = Time::new();
    let server = Server::start(options().clock(time.clock())).expect("a free port");
    create_orders(&server, RESERVOIR as u32, 0.1);
    let mut services = [1, 2].map(|seed| Service::start(&server, seed));
    let (mut decided, mut recorded) = (Counts::default(), 0);
    for second in 0..80 {
        services
            .iter_mut()
            .for_each(|service| service.tell("request", 50));
        let answers = services.each_mut().map(Service::answer);
        let count = |word| {
            answers.each_ref().map(|answer| {
                let words = answer.split(' ').filter(|other| *other == word);
                words.count() as u64
            })
        };
        let sum = |word| count(word).iter().sum::<u64>();
        let (reservoir, passed, failed) = (sum("reservoir"), sum("passed"), sum("failed"));
        assert!(count("borrowed").iter().all(|borrowed| *borrowed <= 1));
        assert!(reservoir <= RESERVOIR, "{reservoir} in second {second}");
        if second > 40 {
            assert_eq!(count("reservoir"), [RESERVOIR / 2; 2], "in second {second}");
            assert_eq!(sum("borrowed"), 0);
        }
        decided += Counts {
            requests: reservoir + sum("borrowed") + passed + failed,
            sampled: reservoir + passed,
            borrowed: sum("borrowed"),
        };
        recorded += (reservoir + sum("borrowed") + passed + sum("local")) as usize;

        time.pass(1.0);
        let mut held = 0;
        for service in &mut services {
            service.tell("pass", 1_000);
            held += service.answer().parse::<u64>().expect("a number");
        }
        let told = told(&server, "orders");
        assert_eq!(told.requests + held, decided.requests, "in second {second}");
    }
    assert!(decided.borrowed > 0, "there was a time without quotas");
    let is_whole = |store: &xray_local::Store| store.counts().traces == recorded;
    let is_whole = server.store().wait_until(is_whole, DEADLINE);
    assert!(
        is_whole,
        "{recorded} are recorded, {:?}",
        server.store().counts()
    );
}
