"""What a finding of schemathesis must be to count: every one, but for those the document itself announces.

Each rule here says why. Whatever it cannot explain by the document of the server under test fails the run.
"""

import re

import schemathesis


def is_announced_as_not_served(case, response):
    """A path of the contract answers 501 for methods that are not built yet; the document names it under `x-not-served`."""
    if response.status_code != 501:
        return False
    paths = case.operation.schema.raw_schema["paths"]
    return case.method.lower() in paths[case.operation.path].get("x-not-served", {})


# OpenAPI has no words for a condition between two parameters, nor for an id that must exist, a text that only a former
# answer can hold, or a language inside JSON: the parameters of which an operation's description says such a thing. Only a
# 400 that names nothing else is let pass.
PAGED = {"cursor", "page", "pageSize"}  # Not with each other; a cursor is from `meta.cursor`, and its page holds one.
# The primary external id counts as one of the others.
OF_EXTERNAL_IDS = {"externalIds"}
# Customer, users and teams there are; a queue is named by one of two members, a snooze ends in the future and its status is
# that of the conversation; `customer` moves a conversation, and is sent alone.
OF_CONVERSATIONS = {"customer", "assignedUsers", "assignedTeams", "queue", "snooze", "status"}
# A conversation, a customer and a queue there are; the first two belong together; a direction where the path names neither.
OF_MESSAGES = {"customer", "conversation", "direction", "attachments", "meta", "queue"}
# The same, and users and teams there are.
OF_NOTES = {"customer", "conversation", "userMentions", "attachments"}
# A customer, a conversation and attachments there are; the first two belong together, and with the channel never change; a
# moment to come; who sends, to whom.
OF_DRAFTS = {"customer", "conversation", "sendAt", "status", "from", "to", "attachments"}
# A conversation there is, which is that of the path, and its customer; a moment to come; who sends to whom.
OF_FORWARDS = {"customer", "conversation", "sendAt", "status", "from", "to", "attachments"}
# At least one of them, and attachments of the message.
OF_REDACTIONS = {"preview", "meta", "attachments"}
# A media type, a name with an ending that is not blocked, and a size that this server takes.
OF_FILES = {"contentType", "name", "contentLength"}
# One object with ids, a list without; each reference once.
OF_BULK = {"ids", "_clientRef", "body"}
# A role group there is, and roles that open something; an own password is shown before another one is set.
OF_USERS = {"roles", "roleGroups", "email", "password", "currentPassword", "userType", "deleted"}
OF_SCHEDULES = {"hours", "timezone", "default", "holidays"}
OF_VISITS = {"meta", "custom", "email", "phone", "externalId", "company", "tags", "location", "identity", "event"}
TIED = {
    "getCustomers": PAGED,
    "createCustomer": OF_EXTERNAL_IDS,
    "updateCustomer": OF_EXTERNAL_IDS,
    "updateCustomerAttributes": OF_EXTERNAL_IDS,
    # Two customers.
    "createCustomerMerge": {"target"},
    # Of a customer and a company there are.
    "createKObject": {"customer", "company"},
    "createCustomerKObject": {"customer", "company"},
    # Of a klass of tasks; a user and a queue there are.
    "updateKObject": {"assignedUser", "queue", "status"},
    # Of a record needs of which type; after an event there is, or from the end.
    "getEvents": {"after", "last", "filter[objectId]", "filter[objectType]"},
    # A list in one text, too.
    "getAuditLogs": {"after", "before", "filter[objectId]", "filter[objectType]", "filter[include]"},
    # Members are users there are, and role groups that the caller may give.
    "createTeam": {"members", "roleGroups"},
    "updateTeamAttributes": {"members", "roleGroups"},
    "updateTeamById": {"members", "roleGroups"},
    "addTeamMember": {"members"},
    # Roles that open something, moments to come, a range of addresses.
    "createApiKey": {"roles", "expiresAt", "cidr"},
    "rotateApiKey": {"overlapSeconds", "expiresAt"},
    "createRoleGroup": {"roles"},
    "updateRoleGroup": {"roles"},
    # Role groups there are; a password that is not easy to guess.
    "createInviteNewUser": {"roles", "roleGroups", "email"},
    "updateUserById": OF_USERS,
    "updateCurrentUser": OF_USERS,
    # The parts that are not configured.
    "createToken": {"singleAccessToken", "googleAuthToken", "samlAuthToken", "domain", "email", "password"},
    "updateAuthSettings": {"google", "saml", "kustomer", "corsWhitelist"},
    # Days and hours that follow each other, a time zone there is.
    "createSchedule": OF_SCHEDULES,
    "updateScheduleById": OF_SCHEDULES,
    "createSla": {"hours", "metrics", "criteria", "schedule"},
    "updateSla": {"hours", "metrics", "criteria", "schedule"},
    # A sender in the form of its channel.
    "upsertSpamSender": {"sender", "channel"},
    # Values in the form of their keys' suffixes; whom it is about.
    "createTrackingEvent": OF_VISITS,
    "createTrackingIdentity": OF_VISITS,
    "createTrackingIdentityEvent": OF_VISITS,
    # A URL of the public internet, names of events there are, headers that HTTP takes; one of two.
    "createOutboundWebhook": {"url", "events", "headers"},
    "updateOutboundWebhook": {"url", "events", "headers"},
    "redeliverOutboundWebhook": {"events", "since"},
    "createConversation": OF_CONVERSATIONS,
    "createConversationForCustomer": OF_CONVERSATIONS,
    "updateConversation": OF_CONVERSATIONS,
    "updateConversationAttributes": OF_CONVERSATIONS,
    "createMessage": OF_MESSAGES,
    "createMessageByCustomer": OF_MESSAGES,
    "createMessageFromConversation": OF_MESSAGES,
    "updateMessage": OF_MESSAGES,
    "updateMessageAttributes": OF_MESSAGES,
    "createNote": OF_NOTES,
    "createNoteWithinConversation": OF_NOTES,
    "patchNoteById": OF_NOTES,
    "updateNoteById": OF_NOTES,
    "createDraft": OF_DRAFTS,
    "createDraftByCustomer": OF_DRAFTS,
    "updateDraft": OF_DRAFTS | {"channel"},
    "createForward": OF_FORWARDS,
    "createForwardByConversation": OF_FORWARDS,
    "updateDraftForward": OF_FORWARDS,
    "redactMessage": OF_REDACTIONS,
    "createDraftAttachment": OF_FILES,
    "createForwardAttachment": OF_FILES,
    "createAttachment": OF_FILES,
    "upsertAttachment": OF_FILES,
    "createMedia": OF_FILES,
    "updateMedia": OF_FILES,
}
# A state is asked for by revision or by moment, of every kind of record.
OF_STATES = {"rev", "asOf"}
# Operations whose body is in a language of its own: which attributes, operators and values there are.
LANGUAGES = {
    "/customers/search", "/customers/archive/search", "/customers/searches", "/customers/searches/{id}",
    "/customers/searches/{id}/execution",
}


def is_tied(failure, case, response):
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code not in (400, 413):
        return False
    if case.operation.path in LANGUAGES:
        return True
    described = case.operation.definition.raw
    tied = TIED.get(described.get("operationId"), set())
    if case.operation.path.endswith("/bulk"):
        tied = tied | OF_BULK
    if OF_STATES <= {parameter.get("name") for parameter in described.get("parameters", [])}:
        tied = tied | OF_STATES
    errors = [error for error in response.json()["errors"] if not (is_of_digits(error) or is_of_the_future(error))]
    return all(tied & {error.get("source", {}).get("parameter"), member_of(error)} for error in errors)


def member_of(error):
    """The member of the body that an error is within: the criteria of an SLA are in a language of their own."""
    _, _, within = error.get("meta", {}).get("pointer", "").partition("/")
    return within.split("/")[0]


def is_of_digits(error):
    """A number that would lose digits is refused: JSON Schema has no words for how many there are."""
    return error.get("title", "").endswith("has more digits than a double keeps")


def is_of_the_future(error):
    """The time of a record that is imported has been: JSON Schema has no words for the present moment."""
    return error.get("title") == "The moment is in the future"


def is_of_the_operation_beside(case):
    """Where an id and a name, or one id and several, share a place in a path, the document describes the operation that takes
    the name or the several, and names the other one under `x-also`: it answers what can be one id."""
    described = case.operation.definition.raw
    takes_several = "ByIds" in described.get("operationId", "")
    named = (case.path_parameters or {}).get("id" if takes_several else "name")
    return "x-also" in described and isinstance(named, str) and re.fullmatch("[0-9a-fA-F]{24}", named)


def is_a_key_used_before(failure, case, response):
    """A key that named another request before is refused: OpenAPI has no words for a value that may be sent once."""
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 422:
        return False
    named = [error.get("source", {}).get("parameter") for error in response.json()["errors"]]
    return named == ["Idempotency-Key"] and "Idempotency-Key" in (case.headers or {})


def is_as_if_not_sent(failure, case, response):
    """Empty values count as absent and booleans are read in any case: OpenAPI has no words for either."""
    if type(failure).__name__ != "AcceptedNegativeData":
        return False
    values = (case.query or {}).values()
    # An empty object is written as nothing.
    texts = ["" if value in ({}, []) else value for value in values if isinstance(value, (str, dict, list))]
    return any(text == "" or isinstance(text, str) and text.lower() in ("true", "false") for text in texts)


def is_of_an_item(failure, case, response):
    """The fault of one item is its own error, in an answer that is a success."""
    if type(failure).__name__ != "AcceptedNegativeData" or not case.operation.path.endswith("/bulk"):
        return False
    return response.json()["data"]["attributes"].get("failureCount", 0) > 0


def is_too_large(failure, case, response):
    """A body beyond its limit is refused as 413, which schemathesis does not count as a refusal of wrong data."""
    return type(failure).__name__ == "AcceptedNegativeData" and response.status_code == 413


@schemathesis.hook
def filter_failure(context, failure, case, response):
    excused = (
        is_announced_as_not_served(case, response)
        or is_of_the_operation_beside(case)
        or is_tied(failure, case, response)
        or is_a_key_used_before(failure, case, response)
        or is_as_if_not_sent(failure, case, response)
        or is_of_an_item(failure, case, response)
        or is_too_large(failure, case, response)
    )
    return not excused
