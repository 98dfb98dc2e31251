"""`k8s-hardening apparmor`: everything about AppArmor profiles that no preview does."""

from __future__ import annotations

import click

from k8s_hardening.cli.apparmor_image import image
from k8s_hardening.cli.apparmor_import import import_
from k8s_hardening.cli.apparmor_learn import learn
from k8s_hardening.cli.apparmor_verify import verify


@click.group()
def apparmor() -> None:
    r"""Import, learn and verify AppArmor profiles, and make the loader's image.

    Profiles are declared in the baseline, below apparmor.profiles.

    \b
    Examples:
      k8s-hardening baseline | grep apparmor
      k8s-hardening apparmor import nginx.toml
      k8s-hardening apparmor learn /var/log/audit/audit.log
      k8s-hardening apparmor verify deploy/
    """


apparmor.add_command(image)
apparmor.add_command(import_)
apparmor.add_command(learn)
apparmor.add_command(verify)
