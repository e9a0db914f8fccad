"""Starts the tap as it is published, against the server that KUSTODIAN_URL names: its base URL is an attribute that it
sets when its client is made."""

import os

import tap_kustomer
from tap_kustomer.client import KustomerClient

as_published = KustomerClient.__init__


def with_our_server(self, *arguments, **named):
    as_published(self, *arguments, **named)
    self.base_url = os.environ["KUSTODIAN_URL"] + "/v1"


KustomerClient.__init__ = with_our_server
tap_kustomer.main()
