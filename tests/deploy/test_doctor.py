"""What the doctor finds outside: the provider of sign-ins."""

from adapters.http.oidc.config import OidcConfig
from deploy.doctor import sign_ins
from tests.providers.oidc_provider import CLIENT, SECRET, provided


async def test_the_doctor_tells_whether_one_can_sign_in_at_the_provider() -> None:
    async with provided() as provider:
        well = await sign_ins(OidcConfig(provider.issuer, CLIENT, SECRET))
        other = await sign_ins(OidcConfig(f"{provider.issuer}/", CLIENT, SECRET))
    away = await sign_ins(OidcConfig("http://127.0.0.1:1", CLIENT))

    assert [one.is_well for one in (well, other, away)] == [True, False, False]
    assert all("RECADO_OIDC_ISSUER" in one.mend for one in (other, away))
    assert SECRET not in f"{well}{other}{away}"
