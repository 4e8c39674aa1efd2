/** Wall time of the account: its days begin where it is, wherever the operator sits. */

/** Return `{year, month, day, weekday, hour, minute}` of an instant in a time zone; Monday is 1. */
export function wallTime(at, zone) {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", weekday: "short", hour: "numeric", minute: "numeric" }).formatToParts(at);
  const of = (type) => parts.find((part) => part.type === type).value;
  const weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(of("weekday")) + 1;
  return { year: Number(of("year")), month: Number(of("month")), day: Number(of("day")), weekday, hour: Number(of("hour")), minute: Number(of("minute")) };
}

/** Return the instant at which clocks of a zone show a time; days beyond a month's end go on in the next. */
export function instantOf({ year, month, day, hour = 0, minute = 0 }, zone) {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  let at = wanted;
  // Twice, since the offset at the first guess may be that before a clock change.
  for (let turn = 0; turn < 2; turn += 1) {
    const shown = wallTime(new Date(at), zone);
    at += wanted - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute);
  }
  return new Date(at);
}
