//! What counts as delivered, against receivers that read some, all or nothing.

use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Sends a million bytes to a receiver.
async fn send<F: Future<Output = ()> + Send + 'static>(
    receive: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let receiver = tokio::spawn(async move { receive(listener.accept().await.unwrap().0).await });
    let stream = Stream::Plain(TcpStream::connect(address).await.unwrap());
    let sent = timeout(Duration::from_secs(20), until_closed(stream, &vec![b'x'; 1_000_000])).await;
    receiver.await.unwrap();
    sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[tokio::test]
async fn what_was_read_to_the_end_is_delivered() {
    let sent = send(|mut stream| async move {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        assert_eq!(all.len(), 1_000_000);
    });
    sent.await.unwrap();
}

#[tokio::test]
async fn what_was_not_read_is_not_delivered() {
    // One receiver closes at once, one in the midst, one with only the last byte left unread.
    for count in [0, 1, 500_000, 999_999] {
        let sent = send(move |mut stream| async move {
            let mut some = vec![0; count];
            stream.read_exact(&mut some).await.unwrap();
        });
        let error = sent.await.unwrap_err();
        assert_ne!(error.kind(), io::ErrorKind::TimedOut, "{count}");
    }
}

#[tokio::test]
async fn an_end_that_crosses_our_bytes_is_no_confirmation() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut receiver, _) = listener.accept().await.unwrap();
    // The end is sent while everything is still to come; some of that is read, and the rest is not.
    receiver.shutdown().await.unwrap();
    let reading = async {
        let mut some = vec![0; 999_000];
        receiver.read_exact(&mut some).await.unwrap();
        drop(receiver);
    };
    let bytes = vec![b'x'; 1_000_000];
    let (sent, ()) = tokio::join!(until_closed(Stream::Plain(stream), &bytes), reading);
    sent.unwrap_err();
}

#[tokio::test]
async fn somebody_who_talks_is_no_receiver() {
    let sent = send(|mut stream| async move {
        let endless = vec![b'y'; 10 * SAID_BYTES_MAX];
        let _refused = stream.write_all(&endless).await;
    });
    sent.await.unwrap_err();
}
