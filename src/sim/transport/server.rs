//! HTTP/1.1 server for any AWS client. Listens on the loopback interface only.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};

use crate::{
    domain::{Failure, Retry},
    sim::transport::{
        http::{Received, json, response},
        request_log::RequestLog,
        shared::SharedWorld,
    },
};

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A bound listener that does not serve yet.
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    served: Served,
}

/// What all connections share.
#[derive(Clone)]
struct Served {
    world: SharedWorld,
    clock: Clock,
    log: Arc<Mutex<RequestLog>>,
}

/// Binds 127.0.0.1 at `port`; 0 lets the system choose one. `clock` returns the world's time.
pub async fn bind(
    port: u16,
    world: SharedWorld,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
) -> Result<Server, Failure> {
    let failed = |e: io::Error| {
        Failure::new(format!("listen on 127.0.0.1:{port}"), e.to_string())
            .hint("Choose another port, or 0 to have one picked.")
            .retry(Retry::AfterChange)
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    Ok(Server { listener, addr, served: Served { world, clock: Arc::new(clock), log: Arc::default() } })
}

impl Server {
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the endpoint URL for AWS clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Serves until `shutdown` completes, then closes the remaining connections.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                // Frees finished connections.
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(connection(stream, self.served.clone()));
                    }
                    // Most likely out of file descriptors until a connection ends.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
            }
        }
        connections.abort_all();
    }
}

async fn connection(stream: TcpStream, served: Served) {
    _ = stream.set_nodelay(true);
    let close = Arc::new(Notify::new());
    let service = service_fn(|request| {
        let (served, close) = (served.clone(), Arc::clone(&close));
        async move { Ok::<_, Infallible>(respond(request, &served, &close).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(Duration::from_mins(1)).keep_alive(true);
    let serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // A client's error ends its own connection only.
        _ = serving => {}
        () = close.notified() => {}
    }
}

async fn respond(request: hyper::Request<Incoming>, served: &Served, close: &Notify) -> hyper::Response<Full<Bytes>> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(error) => return error,
    };
    let request = received.as_query();
    // Every record is whole before anything could panic.
    let log = || served.log.lock().unwrap_or_else(PoisonError::into_inner);
    if request.method == "GET" && request.path == "/_requests" {
        return json(log().json());
    }
    let result = served.world.respond(&request, (served.clock)());
    log().record(&request, result.status);
    if !result.delay.is_zero() {
        tokio::time::sleep(result.delay).await;
    }
    if result.reset {
        close.notify_one();
        // The connection's task ends; nothing more is sent.
        std::future::pending::<()>().await;
    }
    response(result)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::sim::{
        Scenario, World,
        faults::rules::{FaultKind, Rule},
        transport::http::MAX_BODY,
    };

    fn post(body: &str, length: usize) -> String {
        let scope =
            "AWS4-HMAC-SHA256 Credential=k/20260305/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0";
        format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: {scope}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    }

    /// Sends all of these on one connection and reads until it is closed.
    async fn talk(addr: SocketAddr, sent: &[u8]) -> String {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        _ = stream.write_all(sent).await;
        let mut got = Vec::new();
        _ = stream.read_to_end(&mut got).await;
        String::from_utf8_lossy(&got).into_owned()
    }

    #[tokio::test]
    async fn one_connection_serves_many_requests_and_bad_ones_end_only_themselves() {
        let world = SharedWorld::new(World::new(&Scenario::named("empty").unwrap(), Timestamp::UNIX_EPOCH));
        let server = bind(0, world.clone(), || Timestamp::UNIX_EPOCH).await.unwrap();
        let addr = server.addr();
        assert!(addr.ip().is_loopback() && server.url() == format!("http://{addr}"));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async { _ = stopped.await }));

        let one = "Action=DescribeRegions";
        let last = post(one, one.len()).replace("Host: localhost", "Host: localhost\r\nConnection: close");
        let both = talk(addr, format!("{}{last}", post(one, one.len())).as_bytes()).await;
        assert_eq!(both.matches("HTTP/1.1 200 OK").count(), 2, "{both}");
        assert!(both.contains("x-amzn-requestid: "), "{both}");

        assert!(talk(addr, b"\x16\x03\x01 nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400"));
        let huge = format!("{}{}", post("", MAX_BODY + 1), "a".repeat(MAX_BODY + 1));
        assert!(talk(addr, huge.as_bytes()).await.starts_with("HTTP/1.1 413"));
        let state = talk(addr, b"GET /_state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
        assert!(state.starts_with("HTTP/1.1 200") && state.contains(r#""DescribeRegions":{"received":2,"#), "{state}");

        let log = talk(addr, b"GET /_requests HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
        assert!(log.starts_with("HTTP/1.1 200") && log.matches(one).count() == 2, "{log}");

        for effect in [FaultKind::LostAnswer, FaultKind::Reset] {
            world.with(|w| w.faults().add(Rule::new("*", effect).first(1)));
            assert_eq!(talk(addr, post(one, one.len()).as_bytes()).await, "");
            assert!(talk(addr, last.as_bytes()).await.starts_with("HTTP/1.1 200"));
        }
        stop.send(()).unwrap();
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn only_requests_to_this_machine_are_result() {
        let world = SharedWorld::new(World::new(&Scenario::named("empty").unwrap(), Timestamp::UNIX_EPOCH));
        let server = bind(0, world.clone(), || Timestamp::UNIX_EPOCH).await.unwrap();
        let addr = server.addr();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async { _ = stopped.await }));
        let one = "Action=DescribeRegions";
        let ask = post(one, one.len()).replace("\r\nAuth", "\r\nConnection: close\r\nAuth");
        let state = "GET /_state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        for host in ["Host: evil.example", "Host: evil.example:80\r\nHost: localhost", "X-Host: localhost"] {
            for sent in [ask.as_str(), state] {
                let got = talk(addr, sent.replace("Host: localhost", host).as_bytes()).await;
                assert!(got.starts_with("HTTP/1.1 403"), "{host}: {got}");
            }
        }
        let absolute = state.replace("GET /", "GET http://evil.example/");
        assert!(talk(addr, absolute.as_bytes()).await.starts_with("HTTP/1.1 403"));
        assert!(world.with(|w| w.calls().is_empty()), "no request reached the world");
        for host in ["Host: 127.0.0.1:1234", "Host: localhost:80", "Host: [::1]:80"] {
            let got = talk(addr, ask.replace("Host: localhost", host).as_bytes()).await;
            assert!(got.starts_with("HTTP/1.1 200") && got.contains("x-amzn-requestid: "), "{host}: {got}");
        }
        stop.send(()).unwrap();
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn a_port_in_use_is_a_failure() {
        let world = SharedWorld::new(World::new(&Scenario::named("empty").unwrap(), Timestamp::UNIX_EPOCH));
        let first = bind(0, world.clone(), || Timestamp::UNIX_EPOCH).await.unwrap();
        let Err(failure) = bind(first.addr().port(), world, || Timestamp::UNIX_EPOCH).await else {
            panic!("bound twice")
        };
        assert!(failure.what.contains("127.0.0.1") && !failure.hint.is_empty());
    }
}
