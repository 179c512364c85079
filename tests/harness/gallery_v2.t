#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
# goals: programs
# variants: native win64
"""The gallery of V2 providers: as gallery.t, for tests/faulty_v2/, with the manifest that they share. The
Windows build checks those that depend on the system: exports and imports, faults, memory."""
import importlib.machinery
import importlib.util

loader = importlib.machinery.SourceFileLoader("gallery", "tests/harness/gallery.t")
gallery = importlib.util.module_from_spec(importlib.util.spec_from_loader("gallery", loader))
loader.exec_module(gallery)
gallery.main("faulty_v2", ["--v2", "--manifest", "tests/faulty_v2/frame/provider.man"],
             [f"v2_{name}" for name in (
                 "sound", "sound_process_heap", "sound_legacy_names", "sound_other_names",
                 "sound_at_load", "crash_in_start", "crash_in_callback", "hang_in_start", "reference_dangling",
                 "blocks_unaligned", "writes_after_instance", "stops_twice",
                 "failing_start_leaves_provider")] if gallery.IS_WINDOWS else ())
