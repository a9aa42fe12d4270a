@echo off
rem Starts the installed Lanspread with the Node that comes with it.
setlocal DisableDelayedExpansion
set "NODE_OF_LANSPREAD="
for /f "usebackq delims=" %%v in ("%~dp0current") do (
  if not defined NODE_OF_LANSPREAD if exist "%~dp0versions\%%v\@NODE@" set "NODE_OF_LANSPREAD=%~dp0versions\%%v\@NODE@"
)
if not defined NODE_OF_LANSPREAD (
  echo lanspread: no version of Lanspread is complete here. Install it again. [PROGRAM_INCOMPLETE] 1>&2
  exit /b 1
)
"%NODE_OF_LANSPREAD%" "%~dp0boot\boot.mjs" %*
exit /b %ERRORLEVEL%
