"""LocalStack's deployment engine, made to fail and to roll back as AWS's does.

What LocalStack 4.9.2 does instead: it ignores ``DeletionPolicy``; after a failure it leaves what it
made, deletes what the *old* template still has, and reports ``ROLLBACK_COMPLETE`` even for an
update; it calls a failed deletion a success; it swallows updates that a resource type does not
support, hides the reason of those that fail, and replaces resources that merely refer to one
that changed. There is no entry point for the executor: its name
in the provider's module is replaced (:func:`use_our_executor`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from localstack.aws.api.cloudformation import ChangeAction, StackStatus
from localstack.services.cloudformation.deployment_utils import check_not_found_exception
from localstack.services.cloudformation.engine.v2.change_set_model import is_nothing
from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
    ChangeSetModelExecutor,
    ChangeSetModelExecutorResult,
    TriggerRollback,
)
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import PreprocProperties
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProviderExecutor,
    convert_payload,
)
from localstack.services.cloudformation.v2 import provider as cloudformation_provider

__all__ = ["use_our_executor"]

_LOG = logging.getLogger(__name__)


def use_our_executor() -> None:
    """Makes LocalStack's CloudFormation provider use the executor of this module."""
    cloudformation_provider.ChangeSetModelExecutor = _Executor


class _Deployer(ResourceProviderExecutor):
    """Calls the resource types; nothing that goes wrong is turned into a success."""

    def execute_action(self, resource_provider: Any, raw_payload: Any) -> Any:
        request = convert_payload(
            stack_name=self.stack_name, stack_id=self.stack_id, payload=raw_payload
        )
        action = raw_payload["action"]
        calls: dict[str, Callable[[Any], Any]] = {
            "Add": resource_provider.create,
            "Modify": resource_provider.update,
            "Dynamic": resource_provider.update,
            "Remove": resource_provider.delete,
        }
        try:
            return calls[action](request)
        except NotImplementedError:
            return _failed(f"the stand-in cannot {action.lower()} a {request.resource_type}")
        except Exception as error:
            gone = check_not_found_exception(error, request.resource_type, request.desired_state)
            if action == "Remove" and gone:
                return ProgressEvent(status=OperationStatus.SUCCESS, resource_model={})
            _LOG.info("%s of %s failed", action, request.logical_resource_id, exc_info=True)
            return _failed(f'Resource handler returned message: "{error}"')


class _Executor(ChangeSetModelExecutor):
    """Executes a change set; on failure everything is put back."""

    def __init__(self, change_set: Any) -> None:
        super().__init__(change_set)
        self.resource_provider_executor = _Deployer(
            stack_name=change_set.stack.stack_name, stack_id=change_set.stack.stack_id
        )
        self._before = dict(change_set.stack.resolved_resources)
        self._is_update = bool(self._before)
        self._undo: list[Callable[[], None]] = []
        self._failed_removals: list[str] = []
        self._rolling_back = False

    def execute(self) -> ChangeSetModelExecutorResult:
        failure = self._deploy()
        if failure is not None:
            self._roll_back(failure)
            if self._is_direct_call():
                # CreateStack and UpdateStack look at an exception only.
                raise RuntimeError(failure)
            return ChangeSetModelExecutorResult(self.resources, [], failure)
        if self._deferred_actions:
            if self._is_update and not self._is_deletion():
                self._set_status(StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)
            for deferred in reversed(self._deferred_actions):
                deferred.action()
                # What is left may be in use by what could not be deleted. (AWS goes on with what
                # does not depend on it.)
                if self._failed_removals and self._is_deletion():
                    break
        if self._failed_removals and self._is_deletion():
            names = ", ".join(self._failed_removals)
            self._change_set.stack.status_reason = f"could not be deleted: {names}"
            raise RuntimeError(f"could not be deleted: {names}")
        return ChangeSetModelExecutorResult(self.resources, self.outputs, None)

    def _deploy(self) -> str | None:
        try:
            self.process()
        except TriggerRollback as stop:
            return str(stop.reason or f"{stop.logical_resource_id} failed")
        except Exception as error:
            _LOG.info("change set failed", exc_info=True)
            return str(error) or type(error).__name__
        return None

    def _roll_back(self, reason: str) -> None:
        self._rolling_back = True
        running, done = (
            (StackStatus.UPDATE_ROLLBACK_IN_PROGRESS, StackStatus.UPDATE_ROLLBACK_COMPLETE)
            if self._is_update
            else (StackStatus.ROLLBACK_IN_PROGRESS, StackStatus.ROLLBACK_COMPLETE)
        )
        self._change_set.stack.status_reason = reason
        self._set_status(running, reason)
        # Deferred deletions belong to the deployment that failed: they do not take place.
        for undo in reversed(self._undo):
            undo()
        self.resources.clear()
        self.resources.update(self._before)
        self._set_status(done)

    def _execute_resource_change(self, name: str, before: Any, after: Any) -> None:
        # LocalStack decides by what a template's text refers to: a VPC with another tag would
        # replace its subnets. The values decide.
        if not is_nothing(before) and not is_nothing(after):
            after.requires_replacement = _needs_replacement(before, after)
        super()._execute_resource_change(name, before, after)

    def _execute_resource_action(
        self,
        action: ChangeAction,
        logical_resource_id: str,
        resource_type: str,
        before_properties: Any,
        after_properties: Any,
        part_of_replacement: bool = False,
    ) -> Any:
        if action == ChangeAction.Remove and self._is_retained(
            logical_resource_id, part_of_replacement
        ):
            return ProgressEvent(status=OperationStatus.SUCCESS, resource_model={})
        event = super()._execute_resource_action(
            action=action,
            logical_resource_id=logical_resource_id,
            resource_type=resource_type,
            before_properties=before_properties,
            after_properties=after_properties,
            part_of_replacement=part_of_replacement,
        )
        if action == ChangeAction.Remove:
            if event.status == OperationStatus.FAILED:
                self._failed_removals.append(f"{logical_resource_id} ({event.message})")
        elif not self._rolling_back:
            self._remember(action, logical_resource_id, resource_type, before_properties, event)
        return event

    def _remember(
        self, action: ChangeAction, name: str, kind: str, before: Any, event: Any
    ) -> None:
        """Notes how to undo what was just done."""
        made = PreprocProperties(properties=dict(event.resource_model or {}))
        if action == ChangeAction.Add and event.status == OperationStatus.SUCCESS:
            back, old, new = ChangeAction.Remove, made, None
        elif action == ChangeAction.Modify and before is not None:
            back, old, new = ChangeAction.Modify, made, before
            if event.status != OperationStatus.SUCCESS:
                old = before
        else:
            return

        def undo() -> None:
            undone = self._execute_resource_action(back, name, kind, old, new)
            self._process_event(
                action=back,
                logical_resource_id=name,
                event_status=undone.status,
                resource_type=kind,
                reason=undone.message,
            )

        self._undo.append(undo)

    def _process_event(self, **kwargs: Any) -> None:
        """Records a resource's event; the stack's own status is set in this class only."""
        stack, status = self._change_set.stack, self._change_set.stack.status
        name, action = kwargs["logical_resource_id"], kwargs["action"]
        if action == ChangeAction.Remove and name not in stack.resource_states:
            return
        before = len(stack.events)
        super()._process_event(**kwargs)
        if stack.status != status:
            stack.status = status
            # The event that went with the status: events are listed newest first.
            if len(stack.events) - before > 1:
                del stack.events[0]

    def _set_status(self, status: StackStatus, reason: str | None = None) -> None:
        self._change_set.stack.set_stack_status(status, reason)

    def _is_retained(self, name: str, replaced: bool) -> bool:
        stack = self._change_set.stack
        created_now = self._rolling_back and name not in self._before
        template = (
            self._change_set.processed_template
            if created_now or replaced
            else stack.processed_template
        )
        resource = ((template or {}).get("Resources") or {}).get(name) or {}
        policy = resource.get("UpdateReplacePolicy" if replaced else "DeletionPolicy", "Delete")
        return policy == "Retain" or (policy == "RetainExceptOnCreate" and not created_now)

    def _is_deletion(self) -> bool:
        return str(self._change_set.change_set_name).startswith("delete-stack_")

    def _is_direct_call(self) -> bool:
        name = self._change_set.stack.stack_name
        return bool(self._change_set.change_set_name == f"cs-{name}-create")


def _needs_replacement(before: Any, after: Any) -> bool:
    provider = ResourceProviderExecutor.try_load_resource_provider(after.resource_type)
    if provider is None or before.resource_type != after.resource_type:
        return False
    old, new = before.properties.properties or {}, after.properties.properties or {}
    fixed = {
        path.removeprefix("/properties/")
        for path in provider.SCHEMA.get("createOnlyProperties") or []
    }
    return any(old.get(name) != new.get(name) for name in fixed)


def _failed(message: str) -> ProgressEvent:
    return ProgressEvent(status=OperationStatus.FAILED, resource_model={}, message=message)
