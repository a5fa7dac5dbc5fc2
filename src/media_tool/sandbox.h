// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace parley::media_tool {

/// Memory, processor time, file sizes and descriptors of this process get limits, its environment is cleared, its
/// priority lowered. First thing in main. False when the system refuses.
bool limit_process();

/// From here on no file can be opened, no socket made, no program or process started, no other process touched;
/// threads, memory and the descriptors that are open already still work. What is not allowed fails with EPERM. After
/// the libraries are initialised, before anything untrusted is read. False when the system refuses: the process must
/// end.
bool enter_sandbox();

}  // namespace parley::media_tool
