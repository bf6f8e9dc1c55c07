//! The replicas of a pool and how loaded each is.

use std::sync::Arc;

use tidegate_core::Call;

/// One replica, while it lives; a restarted one gets a new seat.
struct Seat {
    replica: u32,
    id: u64,
    call: Arc<dyn Call>,
    in_flight: usize,
    /// It has refused a call for good: it is waiting to be removed.
    retired: bool,
}

/// All replicas of a pool.
pub(super) struct Seats {
    seats: Vec<Seat>,
    /// Calls that replicas no longer in a seat have not answered yet.
    departed: usize,
    limit: usize,
    next_id: u64,
    /// Where the search for the next replica begins.
    turn: usize,
}

impl Seats {
    /// No replica; each that comes takes `limit` calls at once.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            seats: Vec::new(),
            departed: 0,
            limit,
            next_id: 0,
            turn: 0,
        }
    }

    /// Seats a replica; gives back the call of a former one of that number.
    pub(super) fn insert(&mut self, replica: u32, call: Arc<dyn Call>) -> Option<Arc<dyn Call>> {
        let former = self.remove(replica);
        let id = self.next_id;
        self.next_id += 1;
        let at = self.seats.partition_point(|seat| seat.replica < replica);
        self.seats.insert(
            at,
            Seat {
                replica,
                id,
                call,
                in_flight: 0,
                retired: false,
            },
        );
        former
    }

    pub(super) fn remove(&mut self, replica: u32) -> Option<Arc<dyn Call>> {
        let at = self.seats.iter().position(|seat| seat.replica == replica)?;
        let seat = self.seats.remove(at);
        self.departed += seat.in_flight;
        Some(seat.call)
    }

    /// Whether nobody takes calls.
    pub(super) fn is_empty(&self) -> bool {
        self.seats.iter().all(|seat| seat.retired)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.departed + self.seats.iter().map(|seat| seat.in_flight).sum::<usize>()
    }

    pub(super) fn loads(&self) -> Vec<(u32, usize)> {
        let taking = self.seats.iter().filter(|seat| !seat.retired);
        taking.map(|seat| (seat.replica, seat.in_flight)).collect()
    }

    pub(super) fn calls(&self) -> Vec<Arc<dyn Call>> {
        self.seats
            .iter()
            .map(|seat| Arc::clone(&seat.call))
            .collect()
    }

    /// Takes a place with the least loaded replica, the next in turn among equals.
    pub(super) fn take(&mut self) -> Option<(u64, Arc<dyn Call>)> {
        let count = self.seats.len();
        let mut best: Option<usize> = None;
        for step in 0..count {
            let at = (self.turn + step) % count;
            let seat = &self.seats[at];
            if seat.retired || seat.in_flight >= self.limit {
                continue;
            }
            if best.is_none_or(|best| seat.in_flight < self.seats[best].in_flight) {
                best = Some(at);
                if seat.in_flight == 0 {
                    break;
                }
            }
        }
        let at = best?;
        self.turn = at + 1;
        let seat = &mut self.seats[at];
        seat.in_flight += 1;
        Some((seat.id, Arc::clone(&seat.call)))
    }

    /// Ends what [`Seats::take`] began.
    pub(super) fn give_back(&mut self, id: u64) {
        match self.seats.iter_mut().find(|seat| seat.id == id) {
            Some(seat) => seat.in_flight -= 1,
            None => self.departed -= 1,
        }
    }

    /// Gives that replica no more calls.
    pub(super) fn retire(&mut self, id: u64) {
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.id == id) {
            seat.retired = true;
        }
    }
}
