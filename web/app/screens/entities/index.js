// People and things: everybody who acted, everything that was acted on, and the timeline of each.

import { h, useEffect } from "../../lib/html.js";
import { partsOf, route } from "../../lib/route.js";
import { EntityList } from "./list.js";
import { Timeline } from "./timeline.js";

export function Screen() {
  const [side, type, id] = partsOf(route.value.path);
  useEffect(() => {
    if (!id) document.title = "Entities · Tallystick";
  }, [id]);
  if (!id) return h(EntityList, {});
  return h(Timeline, { key: `${side}/${type}/${id}`, side: side === "target" ? "target" : "actor", type, id });
}
