// What the tests of files share: checking bytes as the page does.

import { Session } from "../session.js";

/** A stream of uneven chunks, so that nothing is tested at the borders of one alone. */
function streamOf(bytes) {
  const sizes = [1, 511, 7, 4096, 100_000];
  let at = 0;
  let turn = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        const next = at + sizes[turn++ % sizes.length];
        controller.enqueue(new Uint8Array(bytes.subarray(at, next)));
        at = next;
      },
    },
    { highWaterMark: 0 },
  );
}

export class FakeFile extends Blob {
  constructor(bytes, name = "") {
    super([bytes]);
    this.content = bytes;
    this.name = name;
  }

  stream() {
    return streamOf(this.content);
  }
}

/** The report on a file, by this policy; `rows` are those of its events. */
export async function check(bytes, policy = null, rowsWanted = 0) {
  const session = new Session(() => {}, null);
  if (policy !== null) await session.takePolicy({ file: new Blob([policy]) });
  const file = new FakeFile(Buffer.from(bytes));
  const { report, groups = [], waiting, json } = await session.verify({ file, kind: await session.kind({ file }) });
  const rows = [];
  for (let group = 0; group < groups.length && rows.length < rowsWanted; group++) {
    rows.push(...(await session.rows({ group, from: 0, count: rowsWanted - rows.length })));
  }
  return { ...report, waiting, rows, json };
}
