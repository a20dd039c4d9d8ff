// How things look and which keys do something: remembered by this browser, not by the account.

import { html } from "../../lib/html.js";
import {
  chooseDensity,
  chooseTheme,
  density,
  singleKeys,
  switchSingleKeys,
  theme,
} from "../../lib/session.js";

const THEMES = [
  ["auto", "That of this computer"],
  ["light", "Light"],
  ["dark", "Dark"],
];
const DENSITIES = [
  ["compact", "Compact"],
  ["normal", "Normal"],
  ["comfortable", "Comfortable"],
];

function Choice({ name, legend, words, value, onChange, note }) {
  return html`<fieldset class="choices"><legend>${legend}</legend>${words.map(
    ([word, label]) => html`<label class="check" key=${word}><input type="radio" name=${name} value=${word}
      checked=${value === word} onChange=${() => onChange(word)} /><span>${label}</span></label>`,
  )}${note && html`<p class="quiet">${note}</p>`}</fieldset>`;
}

export function Appearance() {
  return html`<section class="panel" aria-labelledby="look-title">
    <header><h2 id="look-title">Appearance</h2><span class="quiet">of this browser</span></header>
    <div class="body form">
      ${Choice({ name: "theme", legend: "Theme", words: THEMES, value: theme.value, onChange: chooseTheme })}
      ${Choice({
        name: "density",
        legend: "Height of rows of events",
        words: DENSITIES,
        value: density.value,
        onChange: chooseDensity,
        note: "In wide windows. On a phone rows always have room for a finger.",
      })}
      <fieldset class="choices"><legend>Keys</legend>
        <label class="check"><input type="checkbox" checked=${singleKeys.value}
          onChange=${(event) => switchSingleKeys(event.target.checked)} /><span>Single keys do something, such as
          <kbd class="key">j</kbd> for the next event</span></label></fieldset>
      <p class="quiet">Motion follows what this computer is set to.</p>
    </div></section>`;
}
