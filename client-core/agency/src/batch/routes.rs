//! By which route persons can be notified: asked before anything is drafted, and nothing is spent.

use crate::{Body, BodyTrouble};
use lacre_ground::run::Run;
use lacre_proto::limits::Limit;
use lacre_proto::relay::v1 as wire;
use lacre_transport::GrpcNetwork;

/// Rows of one question: what is held at a time.
pub const ROUTES_AT_ONCE: usize = 1_000;

/// How a person can be notified, as the registrar says it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// her program takes it
    Electronic,
    /// she has designated no address here: counter or letter
    NoAccount,
    /// electronic notices take no effect for her, for this reason: counter or letter
    Exempt(String),
}

impl Body {
    /// The routes of these persons, in their order.
    pub fn routes(&mut self, net: &mut GrpcNetwork, runs: &[Run]) -> Result<Vec<Route>, BodyTrouble> {
        let own = self.own()?;
        let mut all = Vec::with_capacity(runs.len());
        for some in runs.chunks(ROUTES_AT_ONCE) {
            let rows = (0..).zip(some).map(|(row, run)| wire::RouteRow { row, run: run.canonical() }).collect();
            for answer in net.body_routes(&own.relay, &own.seed, &own.key, rows)? {
                all.push(route(answer)?);
            }
        }
        Ok(all)
    }
}

fn route(answer: wire::RoutesResponse) -> Result<Route, BodyTrouble> {
    if !answer.refused.is_empty() {
        return Err(BodyTrouble::Refused { reason: answer.refused, limit: Limit::RoutesPerAgencyDay.as_str().to_owned() });
    }
    match answer.route() {
        wire::Route::Electronic => Ok(Route::Electronic),
        wire::Route::NoAccount => Ok(Route::NoAccount),
        wire::Route::Exempt => Ok(Route::Exempt(answer.reason)),
        wire::Route::Unspecified => Err(BodyTrouble::Unproven("an answer without a route".into())),
    }
}
