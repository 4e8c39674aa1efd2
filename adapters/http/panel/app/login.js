/** Signing in. */
import { html, useEffect, useRef, useState } from "./html.js";
import { welcomes } from "./extend.js";
import { LANGUAGES, language, setLanguage, t } from "./i18n.js";
import { Banner, Button, Field, Icon } from "./kit/index.js";
import { recado, signIn } from "./state/session.js";

const REFUSED = ["nobody_here", "provider_away", "too_many_attempts"];

/** Why one came back from the provider without being let in, told once; null for who did not. */
function refusal() {
  const code = new URLSearchParams(location.search).get("refused");
  if (code) history.replaceState(null, "", location.pathname);
  return code && { code, message: t(`login.refused.${REFUSED.includes(code) ? code : "sign_in_failed"}`) };
}

/** The other way in, where there is one. */
function Elsewhere() {
  const [oidc, setOidc] = useState(null);
  useEffect(() => void recado.ways().then((ways) => setOidc(ways.oidc), () => {}), []);
  if (!oidc) return null;
  return html`<a class="button button-plain button-m login-enter" href=${`${oidc.start}?back_to=${encodeURIComponent(location.pathname)}`}>
    <${Icon} name="id-card" size=${18} /><span>${t("login.elsewhere", { name: oidc.name })}</span>
  </a>`;
}

const NAMES = { "pt-BR": "Português", en: "English", es: "Español" };

export function Login() {
  const [problem, setProblem] = useState(refusal);
  const [isBusy, setBusy] = useState(false);
  const [isShown, setShown] = useState(false);
  // A second factor is asked for once the password was right.
  const wantsCode = problem?.code === "second_factor_needed" || problem?.code === "wrong_code";
  const onSubmit = async (event) => {
    event.preventDefault();
    const { email, password, code } = Object.fromEntries(new FormData(event.currentTarget));
    setBusy(true);
    try {
      await signIn(email, password, code ? { code } : {});
    } catch (refused) {
      setProblem(refused);
      setBusy(false);
    }
  };
  const first = useRef(null);
  useEffect(() => first.current.focus(), []);
  return html`<main class="login">
    <form class="login-box" onSubmit=${onSubmit}>
      <span class="logo logo-large" aria-hidden="true"><${Icon} name="message-square-text" size=${26} /></span>
      <h1>${t("login.title")}</h1>
      <p class="soft">${t("login.lead")}</p>
      ${problem && problem.code !== "second_factor_needed" && html`<${Banner} tone="danger">${problem.isPassing ? t("problem.unreachable") : problem.message}<//>`}
      <${Field} refer=${first} label=${t("login.email")} name="email" type="email" autocomplete="username" required />
      <div class="login-password">
        <${Field} label=${t("login.password")} name="password" type=${isShown ? "text" : "password"} autocomplete="current-password" required />
        <${Button} iconOnly kind="quiet" icon=${isShown ? "eye-off" : "eye"} label=${t(isShown ? "login.hide" : "login.show")} onClick=${() => setShown(!isShown)} />
      </div>
      ${wantsCode && html`<${Field} label=${t("login.code")} name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus />`}
      <${Button} type="submit" kind="primary" label=${t("login.enter")} busy=${isBusy} class="login-enter" />
      <${Elsewhere} />
    </form>
    ${welcomes.all.map(({ id, component: Welcome }) => html`<${Welcome} key=${id} />`)}
    <nav class="login-languages" aria-label=${t("login.language")}>
      ${LANGUAGES.map((tag) => html`<button type="button" key=${tag} lang=${tag} aria-pressed=${tag === language.value ? "true" : "false"} onClick=${() => setLanguage(tag)}>${NAMES[tag]}</button>`)}
    </nav>
  </main>`;
}
