# ruff: noqa: E501 - a table: one row, one line
# The table of rules. Data only: importing it loads neither a parser nor the rules' code.
"""Every rule the tool reports under, listed by hand; codes are never reused."""

from __future__ import annotations

from dataclasses import dataclass

from codemods.outcome import Status

__all__ = ["RULES", "RuleInfo", "find_rule"]


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """One rule. status: the rung of the ladder a finding under it stands on, as a rule of thumb."""

    code: str
    name: str
    status: Status
    summary: str
    before: str
    after: str
    reason: str


_OLD = "client.completions.create"
_NEW = "client.messages.create"

RULES: tuple[RuleInfo, ...] = (
    RuleInfo(
        "TC001", "rewrite-completions-create", "rewritten",
        "The call, its prompt, its arguments and every read of its result become plain Messages code.",
        f'{_OLD}(model="claude-2.1", max_tokens_to_sample=300, prompt=f"{{HUMAN_PROMPT}} {{q}}{{AI_PROMPT}}")',
        f'{_NEW}(model="claude-opus-4-8", max_tokens=300, messages=[{{"role": "user", "content": f"{{q}}"}}])',
        "`client.completions` left the SDK in 1.0.0, and no model answers the old endpoint.",
    ),
    RuleInfo(
        "TC002", "inline-prompt-constants", "rewritten",
        "HUMAN_PROMPT and AI_PROMPT that are still needed become the text they stood for.",
        'f"{HUMAN_PROMPT} {question}"', 'f"\\n\\nHuman: {question}"',
        "Both constants left the SDK in 1.0.0; reading them from it fails at import.",
    ),
    RuleInfo(
        "TC003", "define-prompt-constants", "rewritten",
        "A constant that other files import, that has a fallback, or whose text cannot be written where it is "
        "read, is defined where the SDK is imported.",
        "from anthropic import HUMAN_PROMPT", 'HUMAN_PROMPT = "\\n\\nHuman:"',
        "The name must go on working for everyone who reads it.",
    ),
    RuleInfo(
        "TC004", "replace-completion-type", "bridged",
        "The SDK's Completion type becomes Message where its responses do, else the one of this package.",
        "from anthropic.types import Completion", "from migrate import Completion",
        "The type left the SDK in 1.0.0; responses that keep the old shape are of our class, others are Messages.",
    ),
    RuleInfo(
        "TC011", "rewrite-sdk-02-call", "rewritten",
        "A call of SDK 0.2 and every read of its dict become plain Messages code.",
        'client.completion(prompt=f"{HUMAN_PROMPT} {q}{AI_PROMPT}", ...)["completion"]',
        '"".join(block.text for block in client.messages.create(...).content if block.type == "text")',
        "`client.completion` left the SDK in 0.3.0, and its result was a dict.",
    ),
    RuleInfo(
        "TC012", "rewrite-stream", "rewritten",
        "A streaming call and the loops over its pieces become a loop over Messages events.",
        "for chunk in stream: print(chunk.completion)",
        'for chunk in stream: if chunk.type == "content_block_delta": print(chunk.delta.text)',
        "Messages streams events of several types, of which some carry text.",
    ),
    RuleInfo(
        "TC013", "rename-client-arguments", "rewritten",
        "Arguments of a client made in the way of SDK 0.2 get the names they have now.",
        "anthropic.Client(key, api_url=url)", "anthropic.Client(api_key=key, base_url=url)",
        "Since 0.3.0 a client takes keywords only, under other names.",
    ),
    RuleInfo(
        "TC014", "rewrite-api-exception", "rewritten",
        "What catches the error of SDK 0.2 catches the SDK's errors of today.",
        "except anthropic.ApiException:", "except anthropic.APIError:",
        "ApiException left the SDK in 0.3.0; looking the name up fails while an error is being handled.",
    ),
    RuleInfo(
        "TC021", "rewrite-http-request", "rewritten",
        "A request to /v1/complete without the SDK, its headers, body and reads, becomes one to /v1/messages.",
        'requests.post(".../v1/complete", json={"prompt": ..., ...}).json()["completion"]',
        'requests.post(".../v1/messages", json={"messages": ..., ...}).json()["content"]',
        "No model answers the old endpoint.",
    ),
    RuleInfo(
        "TC022", "rewrite-bedrock-body", "rewritten",
        "A Text Completions body for Bedrock's invoke_model, its model id and its reads, becomes a Messages body.",
        'invoke_model(modelId="anthropic.claude-v2:1", body=json.dumps({"prompt": ..., ...}))',
        'invoke_model(modelId="anthropic.claude-opus-4-8", body=json.dumps({"messages": ..., ...}))',
        "The models that took the old body are gone; the Messages body has other keys and another reply.",
    ),
    RuleInfo(
        "TC031", "move-sdk-pin", "rewritten",
        "The SDK's version range in a dependency file is moved to one that has what the new code uses.",
        "anthropic==0.3.11", "anthropic>=0.16.0,<3",
        "The old range has no Messages API, or ends where the SDK dropped the old one.",
    ),
    RuleInfo(
        "TC032", "add-own-requirement", "rewritten",
        "Where a bridge is used, this package is added beside the SDK's requirement.",
        "anthropic>=0.40", "anthropic>=0.40\ncompletions-to-messages[adapter]",
        "Bridged code imports `migrate` at run time.",
    ),
    RuleInfo(
        "TC101", "bridge-prompt", "bridged",
        "A prompt whose turns cannot be read here is converted at run time.",
        "prompt=build(history)", "**arguments_from_prompt(build(history))",
        "Guessing where turns begin would change what the model is asked.",
    ),
    RuleInfo(
        "TC102", "bridge-model", "bridged",
        "A model known only at run time is mapped to one that answers, with what goes with it.",
        "model=args.model", "**model_arguments(args.model)",
        "Retired names fail, and some successors think unless told not to.",
    ),
    RuleInfo(
        "TC103", "bridge-response", "bridged",
        "A response with readers we cannot rewrite keeps the old shape.",
        f"return {_OLD}(...)", f"return as_completion({_NEW}(...))",
        "Its `.completion`, `.stop_reason` and `.model_dump()` go on as before, leading space included.",
    ),
    RuleInfo(
        "TC104", "bridge-call", "bridged",
        "A call that is opaque in some part stays as it is, served through the adapter.",
        f"{_OLD}(**kwargs)", "with_completions(client).completions.create(**kwargs)",
        "What the source does not show is translated at run time, by the same rules.",
    ),
    RuleInfo(
        "TC105", "bridge-stream", "bridged",
        "A streaming call is served through the adapter, chunk by chunk in the old shape.",
        f"{_OLD}(stream=True, ...)", "with_completions(client).completions.create(stream=True, ...)",
        "Messages streams other events; the loop around the call stays as it is.",
    ),
    RuleInfo(
        "TC106", "bridge-sdk-02-call", "bridged",
        "A call of SDK 0.2 that is opaque in some part, or streams, is served through the adapter.",
        "client.completion_stream(**params)", "with_completions(client).completion_stream(**params)",
        "The adapter answers the old dicts, and its streams repeat the text so far as the old ones did.",
    ),
    RuleInfo(
        "TC111", "bridge-http-body", "bridged",
        "A request to /v1/complete of which some part is opaque: that part is converted at run time.",
        "requests.post(url, json=body).json()", "completion_body(requests.post(url, json=messages_body(body)).json())",
        "What the source does not show is translated at run time, by the same rules.",
    ),
    RuleInfo(
        "TC112", "bridge-bedrock-body", "bridged",
        "A Bedrock body of which some part is opaque: that part is converted at run time.",
        "json.dumps(body)", 'json.dumps(messages_body(body, model="anthropic.claude-opus-4-8"))',
        "What the source does not show is translated at run time, by the same rules.",
    ),
    RuleInfo(
        "TC201", "drop-zero-temperature", "review",
        "temperature=0 is dropped: current models refuse it.",
        "temperature=0", "",
        "Code that counts on nearly equal answers gets more varied ones. --keep-sampling keeps it on older models.",
    ),
    RuleInfo(
        "TC202", "drop-runtime-temperature", "review",
        "A temperature known only at run time is dropped: current models refuse it.",
        "temperature=args.temperature", "",
        "It may have been 0. --keep-sampling keeps it on older models.",
    ),
    RuleInfo(
        "TC203", "keep-prefill", "review",
        "Words put in the model's mouth are kept on the newest model that still takes them.",
        'prompt=f"{HUMAN_PROMPT} {q}{AI_PROMPT} {{"', 'messages=[..., {"role": "assistant", "content": "{"}]',
        "Claude 4.6 and later refuse a prefill; the model that takes it will retire. --prefill manual leaves such calls.",
    ),
    RuleInfo(
        "TC204", "unknown-model", "review",
        "The model is not in the table; the name stays.",
        'model="claude-custom"', 'model="claude-custom"',
        "Only you can say whether the Messages API serves it.",
    ),
    RuleInfo(
        "TC205", "runtime-model", "review",
        "With --no-bridge a model known only at run time stays as it is.",
        "model=args.model", "model=args.model",
        "It must name a model that answers.",
    ),
    RuleInfo(
        "TC206", "always-thinking-model", "review",
        "The model that was asked for always thinks.",
        "max_tokens_to_sample=100", "max_tokens=100",
        "Thinking counts toward max_tokens; a small limit can leave no text.",
    ),
    RuleInfo(
        "TC207", "patched-surface", "review",
        "The project replaces the old method somewhere; rewritten calls no longer pass through it.",
        "anthropic.resources.Completions.create = traced(...)", "",
        "Tracing, caching or testing that hooks into the old method goes silent.",
    ),
    RuleInfo(
        "TC208", "compared-id-or-model", "review",
        "The code tests the response's id or model, whose values are others now.",
        'if resp.model == "claude-2":', 'if resp.model == "claude-2":',
        "Message ids begin with msg_, and another model answers.",
    ),
    RuleInfo(
        "TC209", "shown-response", "review",
        "The whole response, or each piece of a stream, is only shown, or the body of a wrapped one is read as it came.",
        "print(client.completions.create(...))", "print(client.messages.create(...))",
        "A Message shows other fields than a Completion, and a stream has more events; only you know who reads them.",
    ),
    RuleInfo(
        "TC210", "kept-blank", "review",
        "A reader counts on the blank that every old text began with; the blank is written out for it.",
        "resp.completion[:10]",
        '(" " + "".join(block.text for block in resp.content if block.type == "text"))[:10]',
        "Messages texts begin without it. Readers that cut, compare or glue get what they got; only an "
        "empty answer is one blank now, and only you know whether the blank is wanted at all.",
    ),
    RuleInfo(
        "TC211", "bedrock-model", "review",
        "The Bedrock model id is known only at run time; it stays.",
        "modelId=model_id", "modelId=model_id",
        "Ids that took the old body take no Messages body; name a current model or an inference profile.",
    ),
    RuleInfo(
        "TC212", "http-review", "review",
        "A request goes to a server that only you know, or its reply is shown as it came.",
        'requests.post(f"{base}/v1/complete", ...)', 'requests.post(f"{base}/v1/messages", ...)',
        "The source does not show whether that server knows /v1/messages, or who reads what is shown.",
    ),
    RuleInfo(
        "TC214", "gone-field", "review",
        "A field that only the dicts of SDK 0.2 had is read: what it always says now stands there.",
        'if resp["exception"] is None:', "if True:",
        "What `exception` told is raised as an error; `truncated` was about prompts that are refused now.",
    ),
    RuleInfo(
        "TC301", "uncertain-receiver", "manual",
        "It cannot be told whether this is an Anthropic client.",
        "client.completions.create(**params)", "", "The same call exists in other SDKs.",
    ),
    RuleInfo(
        "TC302", "refused-prompt", "manual",
        "The server refuses this prompt, old or new.",
        'prompt="Hello"', "", "The prompt format needs a Human turn and an open Assistant turn.",
    ),
    RuleInfo(
        "TC303", "bridge-unavailable", "manual",
        "The site needs a bridge, and bridges are off or `migrate` means another module here.",
        "", "", "Without the run-time library there is no equivalent that is surely right.",
    ),
    RuleInfo(
        "TC304", "needed-rule-ignored", "manual",
        "The site needs a rule that --ignore or --select has switched off.", "", "",
        "A site changes whole or not at all.",
    ),
    RuleInfo(
        "TC305", "formatted-constant", "manual",
        "A prompt constant stands where its text cannot be written, and its name is taken.",
        'HUMAN_PROMPT = "Me:"; f"{anthropic.HUMAN_PROMPT!r}"', "",
        "A conversion, a format or a raw literal changes what the text means, and the name has a meaning already.",
    ),
    RuleInfo(
        "TC306", "continued-answer", "manual",
        "A loop continues a cut answer by putting it back into the prompt.",
        'while create(...).stop_reason == "max_tokens": ...', "",
        "That is a prefill, which current models refuse; ask in a user turn to go on instead.",
    ),
    RuleInfo(
        "TC401", "sdk-02-call", "manual",
        "A call of the SDK 0.2 interface.", 'Client(key).completion(prompt=...)["completion"]', "",
        "It returned a dict, and its streams repeated all text so far.",
    ),
    RuleInfo(
        "TC402", "token-count", "manual",
        "Counting tokens of a bare text has no equivalent.", "client.count_tokens(text)",
        "client.messages.count_tokens(model=..., messages=[...]).input_tokens",
        "The new count is a network call, for a whole request, with another tokenizer.",
    ),
    RuleInfo(
        "TC403", "http-request", "manual",
        "A request to /v1/complete without the SDK.", 'requests.post(".../v1/complete", ...)', "",
        "No model answers that endpoint.",
    ),
    RuleInfo(
        "TC404", "bedrock-body", "manual",
        "A Text Completions body for Bedrock's invoke_model.", '{"prompt": ..., "max_tokens_to_sample": ...}', "",
        "The Messages body has other keys and another reply.",
    ),
    RuleInfo(
        "TC405", "test-double", "manual",
        "A test replaces the old method, or imitates the client that had it.", "client.completions.create.return_value = ...", "",
        "After the migration the double is never called, and the test proves nothing.",
    ),
    RuleInfo(
        "TC406", "notebook", "manual",
        "What a notebook cannot have rewritten: a cell that is not Python, or an installation of too old an SDK.",
        "%pip install anthropic==0.3", "%pip install 'anthropic>=0.16.0'",
        "Cells are rewritten as one Python module; magics, shell lines and cells that cannot be read stay.",
    ),
    RuleInfo(
        "TC407", "docstring-example", "manual", "An example in a docstring shows the old call.", "", "",
        "Text is never edited.",
    ),
    RuleInfo(
        "TC408", "error-text", "manual", "Code matches the old server's error text.",
        'if "prompt must start with" in str(error)', "", "Messages words its errors differently.",
    ),
    RuleInfo(
        "TC409", "bedrock-package", "manual", "A call through the separate anthropic_bedrock package.",
        "anthropic_bedrock.AnthropicBedrock()", "anthropic.AnthropicBedrock()", "That package has no Messages API.",
    ),
    RuleInfo(
        "TC411", "removed-name", "manual", "A name that left the SDK.", "anthropic.ApiException",
        "anthropic.APIError", "Importing or reading it fails on SDK 1.0 and later.",
    ),
    RuleInfo(
        "TC412", "langchain-class", "manual", "A class of LangChain that asks the old endpoint.",
        "from langchain.llms import Anthropic", "from langchain_anthropic import ChatAnthropic",
        "It sends Text Completions requests; the class of today takes messages.",
    ),
    RuleInfo(
        "TC413", "llamaindex-class", "manual", "A class of LlamaIndex that asks the old endpoint or a retired model.",
        "from llama_index.llms import Anthropic", "from llama_index.llms.anthropic import Anthropic",
        "The class moved to a package of its own, and its default model no longer answers.",
    ),
    RuleInfo(
        "TC414", "document-example", "manual", "A document shows the old call, in code or as a curl line.",
        "curl https://api.anthropic.com/v1/complete ...", "curl https://api.anthropic.com/v1/messages ...",
        "Readers copy it, and it fails. Text is never edited.",
    ),
    RuleInfo(
        "TC415", "prompt-file", "manual", "A file holds prompts with turn markers.",
        r"\n\nHuman: {question}\n\nAssistant:", '[{"role": "user", "content": "{question}"}]',
        "Messages takes turns as a list; code that reads the file must know which it gets.",
    ),
    RuleInfo(
        "TC416", "recorded-reply", "manual", "A recorded request to /v1/complete, or its reply.",
        "uri: https://api.anthropic.com/v1/complete", "uri: https://api.anthropic.com/v1/messages",
        "Rewritten code sends another request, which the recording does not answer.",
    ),
    RuleInfo(
        "TC417", "instrumented-name", "manual", "A tool names the old resource in a string.",
        'wrap("anthropic.resources.completions", "Completions.create")',
        'wrap("anthropic.resources.messages", "Messages.create")',
        "The module is gone: wrapping it fails, or traces nothing.",
    ),
    RuleInfo(
        "TC421", "stop-reason-test", "manual", "A test of a Message's stop reason that only the old response passed.",
        'if message.stop_reason == "stop_sequence":', 'if message.stop_reason in ("end_turn", "stop_sequence"):',
        "A natural end is end_turn now; the old test is never true.",
    ),
    RuleInfo(
        "TC422", "completion-of-message", "manual", "A Message is read as if it were a Completion.",
        "message.completion", '"".join(block.text for block in message.content if block.type == "text")',
        "A Message has no such attribute.",
    ),
    RuleInfo(
        "TC423", "first-block-text", "manual", "The first block of a call that thinks is read as text.",
        "message.content[0].text", '"".join(block.text for block in message.content if block.type == "text")',
        "The first block is thinking.",
    ),
    RuleInfo(
        "TC424", "overload-retry", "manual", "A retry catches InternalServerError and, on some versions, no overload.",
        "except anthropic.InternalServerError:",
        "except anthropic.APIStatusError as error:\n    if error.status_code != 529:\n        raise",
        "In SDK 0.84.0 to 2.4.x status 529 has a class of its own beside it.",
    ),
    RuleInfo(
        "TC425", "key-header", "manual", "A test looks for the key in the header where older SDKs sent it.",
        'assert request.headers["x-api-key"] == key', 'assert request.headers["authorization"] == f"Bearer {key}"',
        "SDK 2.0 and later send the key as `Authorization: Bearer`.",
    ),
    RuleInfo(
        "TC426", "old-surface-test", "manual", "Code asks whether the SDK has the old API, or which version it is.",
        'if hasattr(anthropic, "HUMAN_PROMPT"):', 'if hasattr(anthropic, "Anthropic"):',
        "With the SDK of the new code the test turns out otherwise, and another branch runs.",
    ),
    RuleInfo(
        "TC431", "lock-file", "manual",
        "A lock file holds an SDK that the new code cannot use, or not this package.",
        'name = "anthropic"\nversion = "0.3.11"', "",
        "Lock files are made by their tools; they are read and never edited.",
    ),
    RuleInfo(
        "TC432", "pin-left", "manual",
        "A requirement that does not fit the new code is left as it is.",
        "anthropic==0.3.11", "anthropic>=0.16.0,<3",
        "Calls are left that need the old SDK, or the file is not among the paths given; the finding says which.",
    ),
)  # fmt: skip

_BY_NAME = {key: rule for rule in RULES for key in (rule.code, rule.code.lower(), rule.name)}


def find_rule(name: str) -> RuleInfo | None:
    """The rule with this code or name; None if there is none."""
    return _BY_NAME.get(name) or _BY_NAME.get(name.replace("_", "-").lower())
