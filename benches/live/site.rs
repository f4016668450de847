//! The wiki that the server under test serves, made by the program's own commands.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

use crate::Outcome;
use crate::child::{Folder, Process, command};

const PASSWORD: &str = "correct horse bench staple";

/// Accounts, a space, rooms, sessions.
pub struct Site {
    folder: Folder,
    /// The cookies of those who write.
    pub writers: Vec<String>,
    /// The cookies of those who only read.
    pub readers: Vec<String>,
    /// One room for each measurement.
    pub rooms: Vec<String>,
}

impl Site {
    pub fn new(n_accounts: usize, n_rooms: usize) -> Outcome<Self> {
        let folder = Folder::new()?;
        let data = folder.path.join("data");
        for number in 0..2 * n_accounts {
            let name = format!("bench{number}");
            command(&data, &["account", "add", &name, "--password-stdin"], PASSWORD)?;
        }
        command(&data, &["space", "add", "BENCH", "--name", "Bench"], "")?;
        let (writers, readers, rooms) = Default::default();
        let mut site = Self { folder, writers, readers, rooms };
        site.add_rooms(n_rooms)?;
        let server = site.serve("warn")?;
        for number in 0..n_accounts {
            site.writers.push(log_in(server.address, number)?);
            site.readers.push(log_in(server.address, n_accounts + number)?);
        }
        server.stop()?;
        Ok(site)
    }

    /// Makes `n` more rooms; the number of the first.
    pub fn add_rooms(&mut self, n: usize) -> Outcome<usize> {
        let (data, first) = (self.folder.path.join("data"), self.rooms.len());
        for number in first..first + n {
            let title = format!("Room {number}");
            let add = ["page", "add", "--space", "BENCH", "--title", &title, "--body-stdin"];
            self.rooms.push(command(&data, &add, "{chat}\n")?);
        }
        Ok(first)
    }

    /// A fresh server on the same file.
    pub fn serve(&self, level: &str) -> Outcome<Process> {
        Process::serve(&self.folder.path.join("data"), &self.log(), level)
    }

    pub fn log(&self) -> PathBuf {
        self.folder.path.join("server.log")
    }

    /// Where the yardsticks write: the same disk.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder.path
    }

    pub fn room(&self, number: usize) -> Outcome<&str> {
        Ok(self.rooms.get(number).ok_or("no such room")?)
    }

    /// What the browser of one of the readers says to open the room's stream.
    pub fn stream(&self, address: SocketAddr, room: &str, number: usize) -> String {
        let cookie = self.readers.get(number % self.readers.len().max(1));
        format!(
            "GET /rooms/{room}/stream HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\n\
             user-agent: bench\r\naccept: text/event-stream\r\n\r\n",
            cookie.map_or("", String::as_str)
        )
    }
}

fn log_in(address: SocketAddr, number: usize) -> Outcome<String> {
    let form = format!("name=bench{number}&password={}", PASSWORD.replace(' ', "+"));
    let mut socket = TcpStream::connect(address)?;
    write!(
        socket,
        "POST /login HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    answer
        .lines()
        .find_map(|line| {
            line.strip_prefix("set-cookie: ")?
                .split(';')
                .next()
                .filter(|set| set.starts_with("sid="))
        })
        .map(str::to_owned)
        .ok_or_else(|| format!("no log-in: {answer}").into())
}
