// Kept searches, and the present one to keep or to hand over. What the menu holds is loaded when it is opened.

import { h, html, signal, useEffect } from "../../lib/html.js";
import { lazy } from "../../lib/lazy.js";
import { organization } from "../../lib/session.js";
import { Popover } from "../../ui/popover.js";
import * as model from "./model.js";

const Menu = lazy(() => import("./saved.js"), "Menu");
const SearchDialog = lazy(() => import("./save-dialog.js"), "SearchDialog");

/** What the button says: the name of the kept search that is shown. */
export const viewLabel = signal(null);
/** The kept search that is being changed, `{}` to keep the present one; null: neither. */
export const saving = signal(null);

export function SearchMenu() {
  const { view } = model.state.value;
  const org = organization.value;
  useEffect(() => {
    if (view) import("./saved.js").then(({ follow }) => follow(view));
  }, [view, org]);
  const content = (close) => h(Menu, { close });
  return html`${h(Popover, { label: viewLabel.value ?? "Saved", title: "Saved searches", align: "end", content })}
    ${saving.value && h(SearchDialog, { search: saving.value, onClose: () => (saving.value = null) })}`;
}
