//! Policies that permit: whole Cedar, decided by its own authorizer.
//!
//! In: texts and a schema. Out: why something is denied. Start at [`Permissions::read`].

use std::collections::HashSet;
use std::sync::Arc;

use cedar_policy_core::ast::{self, Context, EntityUIDEntry, PolicyID, PolicySet, Value};
use cedar_policy_core::authorizer::{Authorizer, Decision};
use cedar_policy_core::entities::{Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::parser;
use cedar_policy_core::validator::{ValidationMode, Validator, ValidatorSchema};

use super::{Known, any_id, described, entity, uid};
use crate::error::PolicyError;

/// Policies of several files, checked.
#[derive(Debug)]
pub(crate) struct Permissions(PolicySet);

/// Who wants to do what.
#[derive(Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) who: &'a str,
    pub(crate) roles: Vec<&'static str>,
    pub(crate) action: &'static str,
    pub(crate) scope: Option<Vec<&'static str>>,
}

impl Permissions {
    /// Reads files of Cedar, each by its name, and checks them strictly against a schema.
    pub(crate) fn read<'a>(
        schema: &str,
        files: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, PolicyError> {
        let ours = |what: String| PolicyError::new(format!("the policies of this program: {what}"));
        let (schema, _) =
            ValidatorSchema::from_cedarschema_str(schema, Extensions::all_available())
                .map_err(|err| ours(err.to_string()))?;
        let validator = Validator::new(schema);
        let mut all = PolicySet::new();
        for (number, (name, text)) in files.enumerate() {
            let set = parser::parse_policyset(text)
                .map_err(|err| described(text, err.first()).of(name))?;
            let checked = validator.validate(&set, ValidationMode::Strict);
            if let Some(err) = checked.validation_errors().next() {
                return Err(described(text, err).of(name));
            }
            if let Some(template) = set.templates().next() {
                let at = template.loc().map_or(0, parser::Loc::start);
                let error = PolicyError::new("a template cannot be used here");
                return Err(error.at(text, at).of(name));
            }
            for policy in set.into_policies() {
                // Each file numbers its own from zero.
                let id = PolicyID::from_string(format!("{number}/{}", policy.id()));
                all.add(policy.new_id(id)).map_err(|err| ours(err.to_string()))?;
            }
        }
        Ok(Self(all))
    }

    /// Why it is denied: each policy by its `@id`, with its `@text`; nothing where it is permitted.
    pub(crate) fn ask(&self, wish: &Wish<'_>) -> Vec<(String, Option<String>)> {
        let unknown = |what: String| vec![("internal".to_owned(), Some(what))];
        let who = uid("Principal", wish.who);
        let server = uid("Server", "this");
        let roles: HashSet<_> = wish.roles.iter().map(|role| uid("Role", role)).collect();
        let mut entities: Vec<ast::Entity> =
            roles.iter().cloned().chain([server.clone()]).map(ast::Entity::with_uid).collect();
        let name = Known::Text(wish.who.to_owned());
        entities.push(entity(who.clone(), vec![("name", name)], roles));
        let entities = Entities::from_entities(
            entities,
            None::<&NoEntitiesSchema>,
            TCComputation::AssumeAlreadyComputed,
            Extensions::none(),
        );
        let entities = match entities {
            Ok(entities) => entities,
            Err(err) => return unknown(err.to_string()),
        };
        let scope = wish.scope.iter().flatten().map(|one| (*one).to_owned()).collect();
        let facts = [("scoped", Known::Flag(wish.scope.is_some())), ("scope", Known::Texts(scope))];
        let facts = facts.into_iter().map(|(key, known)| (key.into(), Value::from(known)));
        let request = ast::Request::new_unchecked(
            EntityUIDEntry::known(who, None),
            EntityUIDEntry::known(uid("Action", wish.action), None),
            EntityUIDEntry::known(server, None),
            Some(Context::Value(Arc::new(facts.collect()))),
        );
        let response = Authorizer::new().is_authorized(request, &self.0, &entities);
        let errors = &response.diagnostics.errors;
        if !errors.is_empty() {
            return errors
                .iter()
                .map(|err| ("internal".to_owned(), Some(err.to_string())))
                .collect();
        }
        if response.decision == Decision::Allow {
            return Vec::new();
        }
        let mut denied: Vec<_> =
            response.diagnostics.reason.iter().map(|id| self.told(id)).collect();
        denied.sort();
        if denied.is_empty() {
            // Nothing permits it.
            denied.push(("roles".to_owned(), None));
        }
        denied
    }

    fn told(&self, id: &PolicyID) -> (String, Option<String>) {
        let policy = self.0.get(id);
        let said = |key| Some(policy?.annotation(&any_id(key))?.val.to_string());
        (said("id").unwrap_or_else(|| id.to_string()), said("text"))
    }
}
