//! All sampling rules of one server.

use super::error::RuleError;
use super::name::RuleName;
use super::rule::{Definition, Record, Rule};
use crate::page::Page;

/// How many rules may be made, beside the default rule: AWS's quota.
pub(crate) const LIMIT: usize = 25;

/// The rules in the order in which clients try them: by priority, then by name. The default rule is the last one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rules {
    records: Vec<Record>,
}

/// The place of a rule in the order of rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RulePosition {
    pub(crate) priority: u32,
    pub(crate) name: RuleName,
}

/// A rule that was kept, with its times.
#[derive(Debug)]
pub(crate) struct KeptRule {
    pub(crate) definition: Definition,
    pub(crate) created_at: f64,
    pub(crate) modified_at: f64,
}

/// The default rule alone.
impl Default for Rules {
    fn default() -> Self {
        let mut rules = Self {
            records: Vec::new(),
        };
        rules.complete();
        rules
    }
}

impl Rules {
    /// The rules that were kept, which may be more than can be made, and the default rule. Fails with the number of the rule
    /// that is none.
    pub(crate) fn restore(
        kept: impl IntoIterator<Item = KeptRule>,
    ) -> Result<Self, (usize, RuleError)> {
        let mut rules = Self {
            records: Vec::new(),
        };
        for (number, kept) in kept.into_iter().enumerate() {
            rules.take_over(kept).map_err(|error| (number, error))?;
        }
        rules.complete();
        Ok(rules)
    }

    /// Makes a rule.
    pub(crate) fn create(&mut self, definition: Definition, now: f64) -> Result<Record, RuleError> {
        let name = definition.meant()?;
        if self.place(&name).is_ok() {
            return Err(RuleError::Exists(name));
        }
        let record = Record {
            sampling_rule: Rule::new(name, definition)?,
            created_at: now.floor(),
            modified_at: now.floor(),
        };
        if self.records.len() > LIMIT {
            return Err(RuleError::LimitReached);
        }
        self.insert(record.clone());
        Ok(record)
    }

    /// Changes a rule. One that already is as it should be keeps its time.
    pub(crate) fn update(&mut self, definition: Definition, now: f64) -> Result<Record, RuleError> {
        let place = self.place(&definition.meant()?)?;
        let old = &self.records[place];
        let rule = old.sampling_rule.with(definition)?;
        if rule == old.sampling_rule {
            return Ok(old.clone());
        }
        let record = Record {
            sampling_rule: rule,
            created_at: old.created_at,
            modified_at: now.floor(),
        };
        self.records.remove(place);
        self.insert(record.clone());
        Ok(record)
    }

    /// Takes a rule away.
    pub(crate) fn delete(&mut self, name: &RuleName) -> Result<Record, RuleError> {
        let place = self.place(name)?;
        match name.is_default() {
            true => Err(RuleError::DefaultStays),
            false => Ok(self.records.remove(place)),
        }
    }

    pub(crate) fn get(&self, name: &RuleName) -> Result<&Rule, RuleError> {
        let place = self.place(name)?;
        Ok(&self.records[place].sampling_rule)
    }

    pub(crate) fn records(&self) -> &[Record] {
        &self.records
    }

    /// Up to `limit` rules, from the one behind `after` on.
    pub(crate) fn page(
        &self,
        after: Option<&RulePosition>,
        limit: usize,
    ) -> Page<Record, RulePosition> {
        let left = self.records.iter().cloned();
        Page::of(left, after, limit, Record::position)
    }

    fn take_over(&mut self, kept: KeptRule) -> Result<(), RuleError> {
        let name = kept.definition.meant()?;
        if self.place(&name).is_ok() {
            return Err(RuleError::Exists(name));
        }
        let sampling_rule = match name.is_default() {
            true => Rule::default_rule().with(kept.definition)?,
            false => Rule::new(name, kept.definition)?,
        };
        self.insert(Record {
            sampling_rule,
            created_at: kept.created_at,
            modified_at: kept.modified_at,
        });
        Ok(())
    }

    /// Adds the default rule where it is not yet.
    fn complete(&mut self) {
        let sampling_rule = Rule::default_rule();
        if self.place(&sampling_rule.rule_name).is_err() {
            self.insert(Record {
                sampling_rule,
                created_at: 0.0,
                modified_at: 0.0,
            });
        }
    }

    fn place(&self, name: &RuleName) -> Result<usize, RuleError> {
        let is_meant = |record: &Record| record.sampling_rule.rule_name == *name;
        let unknown = || RuleError::Unknown(name.clone());
        self.records.iter().position(is_meant).ok_or_else(unknown)
    }

    fn insert(&mut self, record: Record) {
        let position = record.position();
        let place = self
            .records
            .partition_point(|other| other.position() < position);
        self.records.insert(place, record);
    }
}

impl Record {
    fn position(&self) -> RulePosition {
        RulePosition {
            priority: self.sampling_rule.priority,
            name: self.sampling_rule.rule_name.clone(),
        }
    }
}
