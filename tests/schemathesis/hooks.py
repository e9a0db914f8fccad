"""What a finding of schemathesis must be to count: every one, but for those the document itself announces.

Each rule here says why. Whatever it cannot explain by the document of the server under test fails the run.
"""

import schemathesis


def is_announced_as_not_served(case, response):
    """A path of the contract answers 501 for what is not built yet; the document names it under `x-not-served`."""
    if response.status_code != 501:
        return False
    paths = case.operation.schema.raw_schema["paths"]
    return case.method.lower() in paths[case.operation.path].get("x-not-served", {})


# OpenAPI has no words for a condition between two parameters, nor for a text that only a former answer can hold: the
# parameters of which an operation's description says such a thing. Only a 400 that names nothing else is let pass.
TIED = {
    # Not with each other; a cursor comes from `meta.cursor`, and needs a page of at least one.
    "getCustomers": {"cursor", "page", "pageSize"},
    # A state is asked for by revision or by moment.
    "getCustomerById": {"rev", "asOf"},
    # Of a record needs of which type; after an event there is.
    "getEvents": {"after", "filter[objectId]", "filter[objectType]"},
    "getAuditLogs": {"after", "before", "filter[start]", "filter[end]"},
}


def is_tied(failure, case, response):
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 400:
        return False
    tied = TIED.get(case.operation.definition.raw.get("operationId"), set())
    named = [error.get("source", {}).get("parameter") for error in response.json()["errors"]]
    return all(parameter in tied for parameter in named)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return not (is_announced_as_not_served(case, response) or is_tied(failure, case, response))
