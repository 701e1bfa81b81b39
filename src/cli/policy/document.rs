//! The JSON of an IAM policy.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// An IAM policy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cli) struct PolicyDocument {
    version: &'static str,
    statement: Vec<Statement>,
}

impl PolicyDocument {
    pub(super) fn new(statement: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statement }
    }
}

/// A statement of an IAM policy. Every statement allows.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(in crate::cli) struct Statement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: Vec<String>,
    /// Operator, key, values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: BTreeMap<&'static str, BTreeMap<&'static str, Vec<String>>>,
}

impl Statement {
    pub(super) fn allow(sid: &'static str, action: &[&'static str], resource: Vec<String>) -> Self {
        Self { sid, effect: "Allow", action: action.to_vec(), resource, condition: BTreeMap::new() }
    }

    /// Adds a condition.
    pub(super) fn only_if(mut self, operator: &'static str, key: &'static str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.condition.entry(operator).or_default().insert(key, values);
        self
    }
}
