//! One HTTP request in, one HTTP answer out, as AWS would word it. Pure: it neither waits nor touches a socket;
//! a delay or a lost connection is said beside the answer, and the doors carry it out.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    domain::Region,
    sim::{
        api::{ec2, kms, params::Params, sts},
        api_error::ApiError,
        faults::rules::FaultKind,
        transport::dump,
        world::{accounts::ForeignCall, kms_keys::hyphens, state::World},
    },
};

/// The parts of an HTTP request that matter here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// `POST`, or `GET` for the query forms.
    pub method: &'a str,
    /// The path, from `/` on.
    pub path: &'a str,
    /// What stands behind `?`.
    pub query: &'a str,
    /// The header `Authorization`; the access key, the region and the service are read from its credential, the signature is
    /// not verified.
    pub authorization: Option<&'a str>,
    /// The header `X-Amz-Target`, for KMS.
    pub target: Option<&'a str>,
    /// The whole body.
    pub body: &'a [u8],
}

/// The answer, and how it is to arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// The header `Content-Type`.
    pub content_type: &'static str,
    /// The header `x-amzn-requestid`.
    pub request_id: String,
    /// The body.
    pub body: Vec<u8>,
    /// To be waited before anything is sent.
    pub delay: Duration,
    /// The connection is to be cut instead of answering.
    pub reset: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Ec2,
    Kms,
    Sts,
}

const XML: &str = "text/xml;charset=UTF-8";

/// What a gateway says for a service it cannot reach.
const BAD_GATEWAY: &[u8] =
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";

/// What is asked of whom.
struct Call<'a> {
    region: &'a Region,
    service: Service,
    action: &'a str,
    params: &'a Params,
}

/// Answers one request as of `now`.
pub fn answer(world: &mut World, request: &Request<'_>, now: Timestamp) -> Response {
    let request_id = hyphens(world.request_ids.u128(..));
    let mut response = Response {
        status: 200,
        content_type: XML,
        request_id: request_id.clone(),
        body: Vec::new(),
        delay: Duration::ZERO,
        reset: false,
    };
    if request.method == "GET" && request.path == "/_state" {
        response.content_type = "application/json";
        response.body = dump::json(world, now).into_bytes();
        return response;
    }
    let Some(Scope { access_key_id, region, service }) = request.authorization.and_then(scope) else {
        response.status = 401;
        response.body = ec2::error(&ApiError::auth_failure(), &request_id).into_bytes();
        return response;
    };
    let params = Params::parse(request.query, if service == Service::Kms { b"" } else { request.body });
    let action = match service {
        Service::Kms => request.target.and_then(|t| t.strip_prefix("TrentService.")).unwrap_or_default(),
        Service::Ec2 | Service::Sts => params.get("Action").unwrap_or_default(),
    };
    world.traffic.ask(&region, action);
    let strike = world.faults.strike(&region, action);
    response.delay = strike.delay;
    match strike.effect {
        Some(FaultKind::Reset) => {
            response.reset = true;
            return response;
        }
        Some(FaultKind::Html) => {
            response.status = 502;
            response.content_type = "text/html";
            response.body = BAD_GATEWAY.to_vec();
            return response;
        }
        _ => {}
    }
    let account = world.account_of(access_key_id).clone();
    if account != world.account && service != Service::Sts {
        let call = ForeignCall { at: now, account: account.clone(), region: region.clone(), action: action.to_owned() };
        world.foreign_calls.push(call);
    }
    let call = Call { region: &region, service, action, params: &params };
    let outcome = world.as_account(&account, |world| {
        admitted(world, &call, strike.effect, now)?;
        match service {
            Service::Ec2 => ec2::call(world, &region, action, &params, now, &request_id),
            Service::Kms => kms::call(world, &region, action, request.body).map(|json| json.to_string()),
            Service::Sts => sts::call(world, &region, action, &request_id),
        }
    });
    if outcome.as_ref().is_err_and(ApiError::is_throttle) {
        world.traffic.throttle(&region, action);
    }
    fill(&mut response, service, outcome);
    response.reset = strike.effect == Some(FaultKind::LostAnswer);
    if strike.effect == Some(FaultKind::Truncated) {
        response.body.truncate(response.body.len() / 2);
    }
    response
}

fn fill(response: &mut Response, service: Service, outcome: Result<String, ApiError>) {
    if service == Service::Kms {
        response.content_type = "application/x-amz-json-1.1";
    }
    response.body = match outcome {
        Ok(body) => body,
        Err(refusal) => {
            response.status = refusal.status;
            match service {
                Service::Ec2 => ec2::error(&refusal, &response.request_id),
                Service::Sts => sts::error(&refusal, &response.request_id),
                Service::Kms => serde_json::json!({ "__type": refusal.code, "message": refusal.message }).to_string(),
            }
        }
    }
    .into_bytes();
}

/// What a request was signed with and for.
struct Scope<'a> {
    access_key_id: &'a str,
    region: Region,
    service: Service,
}

/// Reads `Credential=KEY/20260101/eu-west-1/ec2/aws4_request`.
fn scope(authorization: &str) -> Option<Scope<'_>> {
    let credential = authorization.split_once("Credential=")?.1;
    let credential = credential.split([',', ' ']).next()?;
    let mut parts = credential.rsplitn(5, '/').skip(1);
    let service = match parts.next()? {
        "ec2" => Service::Ec2,
        "kms" => Service::Kms,
        "sts" => Service::Sts,
        _ => return None,
    };
    let region = Region::new(parts.next()?).ok()?;
    Some(Scope { access_key_id: parts.nth(1)?, region, service })
}

/// Whether a request may be carried out: within its rate, struck by no fault, with every permission it needs.
fn admitted(world: &mut World, call: &Call<'_>, effect: Option<FaultKind>, now: Timestamp) -> Result<(), ApiError> {
    let Call { region, service, action, params } = *call;
    if service == Service::Ec2 {
        world.admit(region, action, now)?;
    }
    if let Some(refusal) = refused(world, call, effect) {
        return Err(refusal);
    }
    // EC2 asks for the permission to tag beside that to copy.
    let tags = service == Service::Ec2 && action == "CopyImage" && !params.entries("TagSpecification").is_empty();
    if tags && world.faults.strike_also(region, action, "CreateTags", &[FaultKind::Deny]).is_some() {
        return Err(denied(world, region, service, "CreateTags"));
    }
    Ok(())
}

/// The refusal a fault makes of a request, if it is one that is not carried out.
fn refused(world: &World, call: &Call<'_>, effect: Option<FaultKind>) -> Option<ApiError> {
    let Call { region, service, action, params } = *call;
    let kms = service == Service::Kms;
    Some(match effect? {
        FaultKind::Throttle if kms => {
            ApiError::new("ThrottlingException", "You have exceeded the rate at which you may call KMS.")
        }
        FaultKind::Throttle => ApiError::throttled(),
        FaultKind::NotAuthorized if service == Service::Ec2 => {
            not_authorized(params).unwrap_or_else(|| denied(world, region, service, action))
        }
        FaultKind::Deny | FaultKind::NotAuthorized => denied(world, region, service, action),
        FaultKind::AuthFailure => match service {
            Service::Ec2 => ApiError::auth_failure(),
            Service::Kms => ApiError::unrecognized_client(),
            Service::Sts => ApiError::invalid_client_token(),
        },
        FaultKind::Fail if kms => ApiError::with_status(500, "KMSInternalException", "An internal error has occurred"),
        FaultKind::Fail => ApiError::with_status(500, "InternalError", "An internal error has occurred"),
        FaultKind::Expired if kms => {
            ApiError::new("ExpiredTokenException", "The security token included in the request is expired")
        }
        FaultKind::Expired => ApiError::new("RequestExpired", "Request has expired."),
        FaultKind::Slow | FaultKind::LostAnswer | FaultKind::Reset | FaultKind::Html | FaultKind::Truncated => {
            return None;
        }
    })
}

/// The refusal that names what the request names.
fn not_authorized(params: &Params) -> Option<ApiError> {
    let named = |one: &[&str], list: &str| {
        let mut ids: Vec<String> = one.iter().filter_map(|name| params.get(name)).map(str::to_owned).collect();
        ids.extend(params.list(list).into_iter().map(str::to_owned));
        (!ids.is_empty()).then_some(ids)
    };
    let images = named(&["ImageId", "SourceImageId"], "ImageId").map(|ids| ApiError::not_authorized("images", &ids));
    images.or_else(|| named(&["SnapshotId"], "SnapshotId").map(|ids| ApiError::not_authorized("snapshots", &ids)))
}

fn denied(world: &World, region: &Region, service: Service, action: &str) -> ApiError {
    let user = world.user_arn();
    let name = match service {
        Service::Ec2 => "ec2",
        Service::Kms => "kms",
        Service::Sts => "sts",
    };
    let why = format!("because no identity-based policy allows the {name}:{action} action");
    match service {
        Service::Kms => ApiError::new(
            "AccessDeniedException",
            format!("User: {user} is not authorized to perform: kms:{action} {why}"),
        ),
        Service::Sts => ApiError::with_status(
            403,
            "AccessDenied",
            format!("User: {user} is not authorized to perform: sts:{action} {why}"),
        ),
        Service::Ec2 => ApiError::with_status(
            403,
            "UnauthorizedOperation",
            format!(
                "You are not authorized to perform this operation. User: {user} is not authorized to perform: ec2:{action} on resource: arn:aws:ec2:{region}:{}:* {why}",
                world.account
            ),
        ),
    }
}
