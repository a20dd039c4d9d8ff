//! The primitive types of Kafka's protocol, in the versions of requests that have no compact ones.

/// Writes a request.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn i8(&mut self, value: i8) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub(super) fn i16(&mut self, value: i16) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub(super) fn i32(&mut self, value: i32) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub(super) fn i64(&mut self, value: i64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub(super) fn bool(&mut self, value: bool) -> &mut Self {
        self.raw(&[u8::from(value)])
    }

    /// STRING; settings keep them short.
    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.i16(i16::try_from(value.len()).expect("texts are short")).raw(value.as_bytes())
    }

    /// NULLABLE_STRING without a value.
    pub(super) fn no_text(&mut self) -> &mut Self {
        self.i16(-1)
    }

    /// COMPACT_NULLABLE_STRING without a value.
    pub(super) fn no_compact_text(&mut self) -> &mut Self {
        self.raw(&[0])
    }

    /// TAG_BUFFER without any.
    pub(super) fn no_tags(&mut self) -> &mut Self {
        self.raw(&[0])
    }

    /// BYTES.
    pub(super) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.count(value.len()).raw(value)
    }

    /// The number of elements of an ARRAY.
    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.i32(i32::try_from(count).expect("a batch is far smaller"))
    }

    /// VARINT and VARLONG: zigzag, seven bits a byte.
    pub(super) fn varint(&mut self, value: i64) -> &mut Self {
        let mut rest = (value << 1 ^ value >> 63) as u64;
        while rest >= 0x80 {
            self.0.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.raw(&[rest as u8])
    }

    /// A length and bytes, as in records.
    pub(super) fn var_bytes(&mut self, value: &[u8]) -> &mut Self {
        self.varint(value.len() as i64).raw(value)
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn done(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// What a broker says cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer ends early or is no answer of a broker")]
pub(super) struct Malformed;

/// Reads an answer.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        Ok(self.take(N)?.try_into().expect("as many as were taken"))
    }

    pub(super) fn bool(&mut self) -> Result<bool, Malformed> {
        Ok(self.take(1)?[0] != 0)
    }

    pub(super) fn i16(&mut self) -> Result<i16, Malformed> {
        self.array().map(i16::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, Malformed> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_be_bytes)
    }

    /// STRING or NULLABLE_STRING, which is empty if there is none.
    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        let count = self.i16()?;
        let bytes = self.take(usize::try_from(count.max(0)).expect("not negative"))?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let count = self.i32()?;
        self.take(usize::try_from(count.max(0)).expect("not negative"))
    }

    /// The elements of an ARRAY. What does not fit into what was read ends early.
    pub(super) fn each<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.i32()?.max(0);
        (0..count).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_records_are_zigzag() {
        // The examples of Protocol Buffers, whose encoding it is.
        for (value, bytes) in [
            (0, &[0][..]),
            (-1, &[1]),
            (1, &[2]),
            (-64, &[0x7f]),
            (64, &[0x80, 0x01]),
            (150, &[0xac, 0x02]),
            (i64::from(i32::MAX), &[0xfe, 0xff, 0xff, 0xff, 0x0f]),
            (i64::MIN, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] {
            assert_eq!(Writer::default().varint(value).done(), bytes, "{value}");
        }
    }

    #[test]
    fn what_ends_early_is_malformed() {
        let bytes = Writer::default().count(2).text("ab").no_text().bytes(b"xyz").done();
        let mut reader = Reader(&bytes);
        assert_eq!(reader.each(Reader::text).unwrap(), ["ab", ""]);
        assert_eq!(reader.bytes().unwrap(), b"xyz");
        assert_eq!(reader.i16(), Err(Malformed));
        assert!(Reader(&[0x7f, 0xff, 0xff, 0xff, 0]).each(Reader::bool).is_err());
        assert!(Reader(&[0, 9, b'a']).text().is_err());
    }
}
