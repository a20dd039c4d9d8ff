// The facts of an event by who, what and where.

/** The facts of an event: `[heading, [[label, field, value, { shown, entity, side }]]]`. */
export function factsOf(event) {
  const { actor = {}, targets = [], context = {}, metadata = {} } = event;
  const who = [
    ["Actor", "actor", actor.id, { shown: actor.name ?? actor.id, entity: actor, side: "actor" }],
    ["Id", "actor.id", actor.name ? actor.id : null],
    ["E-mail", "actor.email", actor.email],
    ["Type", "actor.type", actor.type],
    ...(actor.on_behalf_of ?? []).map((one) => ["For", "actor.on_behalf_of", one.id, { shown: one.name ?? one.id }]),
    ...flat(actor.metadata, "actor.metadata"),
  ];
  const what = [
    ["Action", "action", event.action],
    ["Outcome", "outcome", event.outcome],
    ...targets.flatMap((target) => [
      [
        "Target",
        "target",
        `${target.type}/${target.id}`,
        { shown: target.name ?? target.id, entity: target, side: "target" },
      ],
      ["", null, `${target.type} / ${target.id}`],
      ...flat(target.metadata, "target.metadata"),
    ]),
  ];
  const where = [
    ["Address", "ip", context.ip],
    ["Country", "country", context.country],
    ["Origin", "origin", context.origin],
    ["Request", "request", context.request_id],
    ["Session", "session", context.session_id],
    ["Trace", "trace", context.trace_id],
    ["User agent", null, context.user_agent],
  ];
  const log = [
    ["Event", "id", event.id],
    ["Seq", "seq", event.seq],
    ["Organization", "org", event.org],
    ["Source", "source", event.source],
    ["Occurred", null, event.occurred_at],
    ["Received", null, event.received_at],
    ["Schema", "schema", event.version ? `${event.action}@${event.version}` : null],
  ];
  /** @type {[string, any[]][]} */
  const groups = [
    ["Who", who],
    ["What", what],
    ["Where", where],
    ["Metadata", flat(metadata, "metadata")],
    ["In the log", log],
  ];
  const isThere = ([, , value]) => value !== null && value !== undefined && value !== "";
  /** @type {(group: [string, any[]]) => [string, any[]]} */
  const whole = ([title, facts]) => [title, facts.filter(isThere)];
  return groups.map(whole).filter(([, facts]) => facts.length);
}

const FLAT_MAX = 60;

/** The values of an object with their paths. */
function flat(value, path, found = []) {
  for (const [key, inner] of Object.entries(value ?? {})) {
    if (found.length >= FLAT_MAX) break;
    const name = /^[\p{L}\p{N}_-]+$/u.test(key) ? `${path}.${key}` : `${path}."${key.replace(/["\\]/g, "\\$&")}"`;
    const isObject = inner !== null && typeof inner === "object";
    if (isObject && !Array.isArray(inner)) flat(inner, name, found);
    else if (!isObject) found.push([name.split(".").slice(1).join("."), name, inner]);
    else
      for (const one of inner) {
        if (one !== null && typeof one === "object") flat(Object.fromEntries(Object.entries(one)), name, found);
        else found.push([name.split(".").slice(1).join("."), name, one]);
      }
  }
  return found;
}
