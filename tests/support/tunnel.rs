//! A proxy on loopback, CONNECT or SOCKS 5, that counts its tunnels and notes where they were to lead.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// What a proxy is like.
#[derive(Clone, Default)]
pub struct Manner {
    /// What it must be shown: an `Authorization` value, or `name:password` where it speaks SOCKS.
    pub login: Option<&'static str>,
    /// TLS is spoken with the proxy itself.
    pub tls: Option<TlsAcceptor>,
    /// It speaks SOCKS 5.
    pub socks: bool,
    /// Where every tunnel leads, whatever name was asked for; `None` goes where it is told.
    pub leads_to: Option<SocketAddr>,
}

pub struct Tunnel {
    pub address: SocketAddr,
    opened: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tunnel {
    /// Starts one.
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tunnel = Self { address, opened: Arc::default(), asked: Arc::default() };
        let (opened, asked) = (tunnel.opened.clone(), tunnel.asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manner, opened, asked) = (manner.clone(), opened.clone(), asked.clone());
                tokio::spawn(async move {
                    match &manner.tls {
                        Some(tls) => {
                            let Ok(inside) = tls.accept(stream).await else { return };
                            serve(inside, &manner, &opened, &asked).await;
                        }
                        None => serve(stream, &manner, &opened, &asked).await,
                    }
                });
            }
        });
        tunnel
    }

    /// How many tunnels were opened.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    /// Where they were to lead, as they were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    manner: &Manner,
    opened: &AtomicUsize,
    asked: &Mutex<Vec<String>>,
) {
    let target = if manner.socks { socks(&mut stream, manner).await } else { connect(&mut stream, manner).await };
    let Some(target) = target else { return };
    asked.lock().unwrap().push(target.clone());
    let upstream = match manner.leads_to {
        Some(address) => TcpStream::connect(address).await,
        None => TcpStream::connect(target).await,
    };
    let mut upstream = upstream.unwrap();
    opened.fetch_add(1, Ordering::SeqCst);
    let agreed: &[u8] = if manner.socks { &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0] } else { b"HTTP/1.1 200 OK\r\n\r\n" };
    stream.write_all(agreed).await.unwrap();
    let _ = copy_bidirectional(&mut stream, &mut upstream).await;
}

/// Reads the head of a CONNECT; returns where it is to lead.
async fn connect(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), manner: &Manner) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    if manner.login.is_some_and(|wanted| !head.contains(wanted)) {
        let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
        return None;
    }
    Some(head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned())
}

/// Shakes hands as RFC 1928 and 1929 say; returns where it is to lead.
async fn socks(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), manner: &Manner) -> Option<String> {
    let _version = stream.read_u8().await.ok()?;
    let offered = counted(stream).await?;
    let wanted = if manner.login.is_some() { 2 } else { 0 };
    if !offered.contains(&wanted) {
        let _ = stream.write_all(&[5, 0xff]).await;
        return None;
    }
    stream.write_all(&[5, wanted]).await.ok()?;
    if let Some(login) = manner.login {
        let _version = stream.read_u8().await.ok()?;
        let (name, word) = (counted(stream).await?, counted(stream).await?);
        let right = [name, word].join(&b':') == login.as_bytes();
        stream.write_all(&[1, u8::from(!right)]).await.ok()?;
        if !right {
            return None;
        }
    }
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.ok()?;
    let host = match head[3] {
        1 => std::net::Ipv4Addr::from(stream.read_u32().await.ok()?).to_string(),
        3 => String::from_utf8(counted(stream).await?).unwrap(),
        other => panic!("address type {other}"),
    };
    Some(format!("{host}:{}", stream.read_u16().await.ok()?))
}

/// Reads bytes that follow their number.
async fn counted(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::from(stream.read_u8().await.ok()?)];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}
