// Reads an evidence pack's archive, member by member, from a stream: every byte of it is determined by the names and
// contents of its members, and every other byte is refused. docs/formats/evidence-pack.md.

import { ascii } from "./bytes.js";
import { FormatError } from "./note.js";

const BLOCK = 512;
const NAME_MAX = 100;

/** Bytes from a stream of chunks. */
export class Source {
  constructor(stream) {
    this.reader = stream.getReader();
    this.chunk = new Uint8Array(0);
    this.at = 0;
    /** Bytes read so far. */
    this.offset = 0;
  }

  async more() {
    while (this.at === this.chunk.length) {
      const { value, done } = await this.reader.read();
      if (done) return false;
      this.chunk = value;
      this.at = 0;
    }
    return true;
  }

  /** Fills `target`; a file that ends before is refused. */
  async fill(target) {
    for (let filled = 0; filled < target.length;) {
      if (!(await this.more())) throw new FormatError("the file ends too early");
      const part = this.chunk.subarray(this.at, this.at + target.length - filled);
      target.set(part, filled);
      filled += part.length;
      this.at += part.length;
      this.offset += part.length;
    }
    return target;
  }
}

/** The only header of a member with this name and length. */
export function tarHeader(name, size) {
  const header = new Uint8Array(BLOCK);
  header.set(ascii(name));
  header.set(ascii("0000644\u00000000000\u00000000000\u0000"), 100);
  header.set(ascii(`${size.toString(8).padStart(11, "0")}\u000000000000000\u0000        0`), 124);
  header.set(ascii("ustar\u000000"), 257);
  header.set(ascii("0000000\u00000000000\u0000"), 329);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.set(ascii(`${sum.toString(8).padStart(6, "0")}\u0000 `), 148);
  return header;
}

const isZero = (bytes) => bytes.every((byte) => byte === 0);

/** The members of an archive, of which the next one's name is always known. */
export class Members {
  static async open(stream) {
    const members = new Members();
    members.source = new Source(stream);
    members.block = new Uint8Array(BLOCK);
    await members.next();
    return members;
  }

  /** Reads the next header; at the end the name is null. */
  async next() {
    const { block, source } = this;
    await source.fill(block);
    if (isZero(block)) {
      if (!isZero(await source.fill(block)) || (await source.more())) {
        throw new FormatError("something follows the end of the archive");
      }
      this.name = null;
      return;
    }
    const end = block.indexOf(0);
    const name = String.fromCharCode(...block.subarray(0, end < 0 ? NAME_MAX : Math.min(end, NAME_MAX)));
    const octal = String.fromCharCode(...block.subarray(124, 135));
    const size = /^[0-7]{11}$/.test(octal) ? parseInt(octal, 8) : -1;
    const expected = size < 0 || !/^[\x21-\x7e]+$/.test(name) ? null : tarHeader(name, size);
    if (!expected || !block.every((byte, i) => byte === expected[i])) {
      throw new FormatError(`the header of a member before byte ${source.offset} is not that of a pack`);
    }
    this.name = name;
    this.size = size;
  }

  /** The content of the next member if it has this name, else null. It has at most `max` bytes. */
  async take(name, max) {
    if (this.name !== name) return null;
    if (this.size > max) throw new FormatError(`${name} has more than ${max} bytes`);
    const content = await this.source.fill(new Uint8Array(this.size));
    const padding = (BLOCK - (this.size % BLOCK)) % BLOCK;
    if (!isZero(await this.source.fill(new Uint8Array(padding)))) {
      throw new FormatError(`${name} is not filled with zeros`);
    }
    await this.next();
    return content;
  }

  /** As `take`, of a member that must come next. */
  async expect(name, max) {
    const content = await this.take(name, max);
    if (!content) throw new FormatError(`${name} is missing, or not in its place`);
    return content;
  }
}
