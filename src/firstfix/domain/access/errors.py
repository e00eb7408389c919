"""Refusals to let somebody in. Wrong address, wrong password, disabled and unverified are not told apart."""

from firstfix.domain.access.queries import NotAuthenticated


class SignInRefused(NotAuthenticated):
    code = "auth.invalid_credentials"

    def __init__(self) -> None:
        super().__init__()
        self.message = "The e-mail address, the password or the code is not right."


class SecondFactorRequired(NotAuthenticated):
    code = "auth.second_factor_required"

    def __init__(self) -> None:
        super().__init__()
        self.message = "Enter the code of your second factor as well."
