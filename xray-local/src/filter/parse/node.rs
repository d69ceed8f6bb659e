//! The terms that name services and groups.

use super::{Hope, Parser, Subject, negated_if};
use crate::filter::FilterError;
use crate::filter::expression::{Expression, GroupKey, Node};
use crate::filter::selector::{Entity, Selector};
use crate::filter::token::Token;

impl Parser<'_> {
    /// `service(…)`, and a condition on it.
    pub(super) fn service(&mut self) -> Result<Expression, FilterError> {
        self.advance();
        self.expect_sign('(')?;
        self.hope_for_word(")");
        let node = match self.take_sign(')') {
            true => Node::default(),
            false => {
                let node = self.node()?;
                self.expect_sign(')')?;
                node
            }
        };
        Ok(Expression::Service(node, self.braced(Subject::Service)?))
    }

    /// `edge(…, …)`, and a condition on the call.
    pub(super) fn edge(&mut self) -> Result<Expression, FilterError> {
        self.advance();
        self.expect_sign('(')?;
        let caller = self.node()?;
        self.expect_sign(',')?;
        let called = self.node()?;
        self.expect_sign(')')?;
        Ok(Expression::Edge(
            caller,
            called,
            self.braced(Subject::Edge)?,
        ))
    }

    /// `group.name` or `group.arn`, compared with one text.
    pub(super) fn group(&mut self, rest: &str) -> Result<Expression, FilterError> {
        let key = match rest {
            "name" => GroupKey::Name,
            "arn" => GroupKey::Arn,
            _ => return Err(self.error("expected `group.name` or `group.arn`")),
        };
        self.advance();
        let is_negated = self.equality()?;
        let hope = match key {
            GroupKey::Name => Hope::GroupName,
            GroupKey::Arn => Hope::GroupArn,
        };
        let group = Expression::Group(key, self.text(hope)?);
        Ok(negated_if(is_negated, group))
    }

    /// `service(…)`, `edge(…, …)` or `id(…)`, without conditions.
    pub(super) fn selector(&mut self) -> Result<Selector, FilterError> {
        let word = match *self.peek() {
            Token::Word(word) => word.to_ascii_lowercase(),
            _ => String::new(),
        };
        let entity = match word.as_str() {
            "id" => self.node().map(Entity::Service),
            "service" => match self.service()? {
                Expression::Service(node, None) => Ok(Entity::Service(node)),
                _ => Err(self.expected("no condition on the service")),
            },
            "edge" => match self.edge()? {
                Expression::Edge(from, to, None) => Ok(Entity::Edge(from, to)),
                _ => Err(self.expected("no condition on the calls")),
            },
            _ => Err(self.expected("`service(…)`, `edge(…, …)` or `id(…)`")),
        };
        entity.map(|entity| Selector { entity })
    }

    /// A name, or `id(name: "…", type: "…", account.id: "…")` with any of the three.
    fn node(&mut self) -> Result<Node, FilterError> {
        if !matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case("id")) {
            self.hope_for(Hope::Service);
            self.hope_for_word("id(");
            return self.text(None).map(|name| Node {
                name: Some(name),
                ..Node::default()
            });
        }
        self.advance();
        self.expect_sign('(')?;
        let mut node = Node::default();
        self.hope_for_word(")");
        while !self.take_sign(')') {
            for part in ["name:", "type:", "account.id:"] {
                self.hope_for_word(part);
            }
            let part = match *self.peek() {
                Token::Word(word) => word.to_ascii_lowercase(),
                _ => return Err(self.expected("`name`, `type`, `account.id` or `)`")),
            };
            let (value, hope) = match part.as_str() {
                "name" => (&mut node.name, Some(Hope::Service)),
                "type" => (&mut node.kind, Some(Hope::ServiceType)),
                "account.id" => (&mut node.account_id, None),
                _ => return Err(self.expected("`name`, `type` or `account.id`")),
            };
            self.advance();
            self.expect_sign(':')?;
            *value = Some(self.text(hope)?);
            if !self.take_sign(',') && *self.peek() != Token::Sign(')') {
                return Err(self.expected("`,` or `)`"));
            }
        }
        Ok(node)
    }

    fn text(&mut self, hope: impl Into<Option<Hope>>) -> Result<String, FilterError> {
        if let Some(hope) = hope.into() {
            self.hope_for(hope);
        }
        let text = match self.peek() {
            Token::Text(text) => text.clone(),
            Token::Word(word) => (*word).to_owned(),
            _ => return Err(self.expected("a text in double quotes")),
        };
        self.advance();
        Ok(text)
    }
}
