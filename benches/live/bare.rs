//! The yardsticks: the least that a machine must do for the same work.

use std::fs::OpenOptions;
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use socket2::{Domain, SockRef, Socket, Type};

use crate::Outcome;
use crate::crowd::words;

const SCHEMA: &str = include_str!("../../schema.sql");

/// Sends the same bytes to each of `n` sockets, one send(2) after the other, and does nothing
/// else. The first connection brings the frames, each behind its length.
pub fn send_loop(n: usize) -> Outcome {
    // With room for all who connect at once, as the server's own has.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(4096)?;
    let listener = TcpListener::from(socket);
    println!("http://{}", listener.local_addr()?);
    let (control, _) = listener.accept()?;
    let mut control = BufReader::new(control);
    let mut readers = Vec::with_capacity(n);
    while readers.len() < n {
        let (socket, _) = listener.accept()?;
        // As the server does it.
        socket.set_nodelay(true)?;
        SockRef::from(&socket).set_send_buffer_size(64 * 1024)?;
        readers.push(socket);
    }
    let mut length = [0; 4];
    let mut frame = Vec::new();
    while control.read_exact(&mut length).is_ok() {
        frame.resize(usize::try_from(u32::from_le_bytes(length))?, 0);
        control.read_exact(&mut frame)?;
        for reader in &mut readers {
            reader.write_all(&frame)?;
        }
    }
    Ok(())
}

/// Gives a frame to [`send_loop`].
pub fn order(control: &mut TcpStream, frame: &[u8]) -> Outcome {
    let mut order = u32::try_from(frame.len())?.to_le_bytes().to_vec();
    order.extend_from_slice(frame);
    control.write_all(&order)?;
    Ok(())
}

/// How long the disk takes for 4 kB, each of `n` times, in microseconds.
pub fn fdatasync(folder: &Path, n: usize) -> Outcome<Vec<f64>> {
    let mut file =
        OpenOptions::new().create(true).append(true).open(folder.join("fdatasync.bin"))?;
    let page = [0x5a; 4096];
    let mut times = Vec::with_capacity(n);
    for _ in 0..n {
        let begun = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}

/// A file of the same schema and pragmas, with what a message needs to stand in it.
pub struct BareSqlite {
    connection: Connection,
    n: i64,
    n_unindexed: usize,
}

impl BareSqlite {
    pub fn open(file: &Path) -> Outcome<Self> {
        let connection = Connection::open(file)?;
        connection.execute_batch(
            "pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 0;
             pragma secure_delete = on; pragma foreign_keys = on; pragma cell_size_check = on;
             pragma mmap_size = 0; pragma temp_store = memory; pragma cache_size = -16384;",
        )?;
        connection.execute_batch(SCHEMA)?;
        connection.execute_batch(
            "insert into account (id, name, name_key, display, created_at)
               values (1, 'bare', 'bare', 'Bare', 0);
             insert into space (id, key, key_folded, name, created_at) values (1, 'B', 'b', 'B', 0);
             insert into page (id, space, title, title_key, created_at, changed_at)
               values (1, 1, 'B', 'b', 0, 0);
             insert into room (id, name, zone, opened_at) values (1, 'B', 'UTC', 0);",
        )?;
        Ok(Self { connection, n: 0, n_unindexed: 0 })
    }

    /// Inserts messages in transactions of `group` for about `time`: messages a second.
    pub fn insert(&mut self, group: usize, time: Duration) -> Outcome<f64> {
        let begun = Instant::now();
        let first = self.n;
        let mut synced = 0.0;
        while begun.elapsed() < time {
            self.transaction(group)?;
            synced = begun.elapsed().as_secs_f64();
        }
        let rate = f64::from(i32::try_from(self.n - first)?) / synced;
        self.checkpoint()?;
        Ok(rate)
    }

    /// How long one message alone takes, each of `n` times, in microseconds.
    pub fn alone(&mut self, n: usize) -> Outcome<Vec<f64>> {
        let mut times = Vec::with_capacity(n);
        for _ in 0..n {
            let begun = Instant::now();
            self.transaction(1)?;
            times.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        self.checkpoint()?;
        Ok(times)
    }

    fn transaction(&mut self, group: usize) -> Outcome {
        self.connection.prepare_cached("begin immediate")?.execute([])?;
        let mut insert = self.connection.prepare_cached(
            "insert into message (id, room, mid, seq, position, author, author_name, at, day,
               offset_minutes, opens_day, continues, body, grammar, html, search, draft)
             values (?1, 1, ?1, ?1, ?1, 1, 'bare', ?1, '2026-11-22', 0, 0, 1, ?2, 1, ?3, ?2, ?4)",
        )?;
        for _ in 0..group {
            self.n += 1;
            let number = u64::try_from(self.n)?;
            let body = format!("bare{number} {}", words(number));
            let draft = [&number.to_le_bytes(), &number.wrapping_mul(3).to_le_bytes()[..]].concat();
            insert.execute(params![self.n, body, format!("<p>{body}</p>"), draft])?;
        }
        drop(insert);
        // As the server's writer does it: in lots.
        self.n_unindexed += group;
        if self.n_unindexed >= 256 {
            self.connection.prepare_cached("delete from local_unindexed")?.execute([])?;
            self.n_unindexed = 0;
        }
        self.connection.prepare_cached("commit")?.execute([])?;
        Ok(())
    }

    fn checkpoint(&self) -> Outcome {
        self.connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
        Ok(())
    }
}
