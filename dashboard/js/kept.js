// What the browser keeps for this reader: language and colours. Where it keeps nothing, they last as long as the page.

export function kept(key) {
  try {
    return localStorage.getItem(`kpi-${key}`);
  } catch {
    return null;
  }
}

export function keep(key, value) {
  try {
    localStorage.setItem(`kpi-${key}`, value);
    return true;
  } catch {
    return false;
  }
}
