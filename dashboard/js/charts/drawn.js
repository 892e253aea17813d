// What charts that draw their own SVG have in common once they are drawn.

import { keepPainted } from "./painted.js";
import { svgPicture } from "./picture.js";
import { hideTip } from "./tip.js";

/** Puts the box in its place and paints it, now and whenever size() says something else; what the card is given. */
export function drawn(target, box, paint, size) {
  target.replaceChildren(box);
  const leave = keepPainted(target, paint, size);
  return {
    picture: () => svgPicture(box.querySelector("svg")),
    dispose() {
      leave();
      hideTip();
    },
  };
}
