// Tells the server which time zone this browser is in: where people sign in, so that it knows before it first
// draws a time, and again on pages that show times, as people travel.
const A_YEAR = 365 * 24 * 3600;
const HALF_A_YEAR = 182 * 24 * 3600 * 1000;
const here = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
const isKnown = /^[\w/+-]+$/.test(here);

if (isKnown) document.cookie = `time_zone=${here}; path=/; max-age=${A_YEAR}; samesite=lax`;

// In winter as in summer.
function clocks(timeZone) {
  return [0, HALF_A_YEAR].map((ago) => new Date(Date.now() - ago).toLocaleString("en", { timeZone })).join();
}

// Whether clocks here show another time than those of that zone.
export function isElsewhere(zone) {
  return isKnown && clocks(zone.replaceAll(" ", "_")) !== clocks(here);
}
