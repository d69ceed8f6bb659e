//! Handles, tasks, threads, closures and futures of one segment, mixed at random: whatever was recorded is in the documents, once.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::task::yield_now;
use xray_sdk::testing::Capture;
use xray_sdk::{Entity, InSubsegment as _, SegmentId, Subsegment, Text, current, subsegment};

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn fork(&mut self) -> Self {
        Self(self.below(u64::MAX) << 32 | self.below(u64::MAX))
    }
}

/// A handle, and how often something was recorded of it.
struct Work {
    handle: Subsegment,
    told: usize,
}

/// What all that records has in common.
#[derive(Default)]
struct Stage {
    /// Handles that anybody may go on with.
    handles: Mutex<Vec<Work>>,
    /// How often something was recorded of what has ended.
    told: Mutex<HashMap<SegmentId, usize>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panicked")
}

fn tell(entity: &mut Entity, told: &mut usize) {
    entity.metadata(Text::copied(&format!("k{told}")), told);
    *told += 1;
}

impl Stage {
    fn keep(&self, work: Work) {
        lock(&self.handles).push(work);
    }

    fn begin(&self, handle: Subsegment) {
        let mut work = Work { handle, told: 0 };
        tell(&mut work.handle, &mut work.told);
        self.keep(work);
    }

    fn take(&self, random: &mut Random) -> Option<Work> {
        let mut handles = lock(&self.handles);
        let count = handles.len() as u64;
        (count > 0).then(|| handles.swap_remove(random.below(count) as usize))
    }

    fn ended(&self, id: Option<SegmentId>, told: usize) {
        let id = id.expect("it is recorded");
        assert!(lock(&self.told).insert(id, told).is_none());
    }

    fn end(&self, mut work: Work) {
        tell(&mut work.handle, &mut work.told);
        self.ended(work.handle.id(), work.told);
        work.handle.end();
    }

    /// Does something, and inside of that something else, down to so many levels.
    fn step(&self, random: &mut Random, levels: usize) {
        let inside = |random: &mut Random| match levels {
            0 => {}
            _ => self.step(random, levels - 1),
        };
        match random.below(11) {
            0 | 1 => self.begin(subsegment("handle").begin()),
            2 => self.go_on(random, |_, work| tell(&mut work.handle, &mut work.told)),
            3 => self.go_on(random, |_, work| {
                self.begin(work.handle.subsegment("child").begin());
            }),
            4 => self.go_on(random, |random, work| {
                let _entered = work.handle.enter();
                tell(&mut current(), &mut work.told);
                inside(random);
                tell(&mut current(), &mut work.told);
            }),
            5 | 6 => {
                if let Some(work) = self.take(random) {
                    self.end(work);
                }
            }
            7 => subsegment("closure").run(|closure| {
                let mut told = 0;
                tell(closure, &mut told);
                inside(random);
                self.go_on(random, |_, work| {
                    let _entered = work.handle.enter();
                    tell(closure, &mut told);
                    tell(&mut current(), &mut work.told);
                });
                tell(closure, &mut told);
                self.ended(closure.id(), told);
            }),
            8 => thread::scope(|scope| {
                let mut random = random.fork();
                let work = current().carry(move || match levels {
                    0 => {}
                    _ => self.step(&mut random, levels - 1),
                });
                scope.spawn(work);
            }),
            // What is current is handed over as far as it is, at any place.
            9 => {
                current().send_in_progress();
            }
            _ => (0..20).for_each(|_| {
                subsegment("small").run(|small| self.ended(small.id(), 0));
            }),
        }
    }

    /// Takes one of the handles for `work`.
    fn go_on(&self, random: &mut Random, work: impl FnOnce(&mut Random, &mut Work)) {
        if let Some(mut taken) = self.take(random) {
            work(random, &mut taken);
            self.keep(taken);
        }
    }

    /// A future that records before and after it waits.
    async fn wait(self: Arc<Self>, mut random: Random) {
        let mut told = 0;
        tell(&mut current(), &mut told);
        self.step(&mut random, 1);
        tell(&mut current(), &mut told);
        yield_now().await;
        tell(&mut current(), &mut told);
        self.step(&mut random, 1);
        tell(&mut current(), &mut told);
        yield_now().await;
        self.ended(current().id(), told);
    }

    /// What one task does.
    async fn play(self: Arc<Self>, mut random: Random) {
        for _ in 0..30 {
            self.step(&mut random, 2);
            match random.below(6) {
                0 => {
                    self.clone()
                        .wait(random.fork())
                        .in_subsegment("future")
                        .await;
                }
                1 => {
                    // It goes on in a task of its own.
                    let mut work =
                        Box::pin(self.clone().wait(random.fork()).in_subsegment("moved"));
                    poll_fn(|task| Poll::Ready(work.as_mut().poll(task).is_ready())).await;
                    tokio::spawn(work.in_current()).await.expect("it ends");
                }
                2 => {
                    let (stage, mut random) = (self.clone(), random.fork());
                    let task = async move { stage.step(&mut random, 2) };
                    tokio::spawn(task.in_current()).await.expect("it ends");
                }
                3 => {
                    // Where nothing is current.
                    if let Some(mut work) = self.take(&mut random) {
                        let task = tokio::spawn(async move {
                            tell(&mut work.handle, &mut work.told);
                            {
                                let _entered = work.handle.enter();
                                tell(&mut current(), &mut work.told);
                            }
                            yield_now().await;
                            work
                        });
                        self.keep(task.await.expect("it ends"));
                    }
                }
                _ => yield_now().await,
            }
        }
    }
}

/// What was sent of everything that is complete: how often something was recorded of it.
fn found(capture: &Capture) -> HashMap<SegmentId, usize> {
    let mut found = HashMap::new();
    for document in capture.documents() {
        for node in document.walk().filter(|node| !node.in_progress) {
            let told = node.metadata.get("default").map_or(0, serde_json::Map::len);
            assert!(
                found.insert(node.id, told).is_none(),
                "{} is sent twice",
                node.name
            );
        }
    }
    found
}

fn mix(seed: u64) {
    let capture = Capture::new("mixture");
    let stage = Arc::new(Stage::default());
    let mut random = Random(seed);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .build()
        .expect("a runtime");
    let is_over = Arc::new(AtomicBool::new(false));
    let looks = {
        let (recorder, is_over) = (capture.recorder().clone(), is_over.clone());
        thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                recorder.flush(Duration::from_secs(30));
                thread::yield_now();
            }
        })
    };
    let mut told = 0;
    let mut segment = capture.recorder().segment("mixture").begin();
    let id = segment.id();
    if random.below(2) == 0 {
        stage.begin(segment.subsegment("first").begin());
    }
    tell(&mut segment, &mut told);
    {
        let (stage, mut random) = (stage.clone(), random.fork());
        let work = async move {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..3 {
                tasks.spawn(stage.clone().play(random.fork()).in_current());
            }
            stage.clone().play(random.fork()).await;
            tasks.join_all().await;
        };
        let mut work = pin!(work);
        runtime.block_on(poll_fn(|task| {
            let _entered = segment.enter();
            work.as_mut().poll(task)
        }));
    }
    tell(&mut segment, &mut told);
    // Some end after the segment.
    let left = lock(&stage.handles).len() / 2;
    let late = lock(&stage.handles).split_off(left);
    for work in lock(&stage.handles).drain(..) {
        stage.end(work);
    }
    segment.end();
    stage.ended(id, told);
    for work in late {
        stage.end(work);
    }
    is_over.store(true, Ordering::Relaxed);
    looks.join().expect("it ends");
    let found = found(&capture);
    let told = lock(&stage.told);
    for (id, told) in told.iter() {
        assert_eq!(found.get(id), Some(told), "{id} with seed {seed}");
    }
    assert_eq!(found.len(), told.len(), "with seed {seed}");
    let health = capture.recorder().health();
    assert_eq!(
        (health.lost_total(), health.incomplete, health.misplaced),
        (0, 0, 0),
        "{health:?}"
    );
}

#[test]
fn whatever_is_recorded_anywhere_arrives_once() {
    let rounds =
        std::env::var("XRAY_TEST_MIXTURES").map_or(20, |rounds| rounds.parse().expect("a number"));
    (0..rounds).for_each(mix);
}
